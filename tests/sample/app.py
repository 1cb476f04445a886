"""The sample service."""

from shared.messaging.router import ServiceRouter
from shared.personal_data.erasure import Eraser
from shared.service import Service
from tests.sample import notes, receipts
from tests.sample.data_map import DATA_MAP

router = ServiceRouter("sample")
router.include(notes.router, receipts.router)

ERASER = Eraser(DATA_MAP)
SERVICE = Service("sample", router, ERASER)
