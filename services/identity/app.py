"""The identity service: accounts, sessions, who is who, service mail."""

from services.identity import addresses
from services.identity.data_map import DATA_MAP
from shared.messaging.router import ServiceRouter
from shared.personal_data.erasure import Eraser
from shared.service import Service

router = ServiceRouter("identity")
router.include(addresses.router)

SERVICE = Service("identity", router, Eraser(DATA_MAP))

if __name__ == "__main__":
    SERVICE.main()
