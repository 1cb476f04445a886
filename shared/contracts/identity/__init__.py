"""What identity says and can be asked: accounts, sessions, who is who, service mail."""

from shared.contracts.identity.accounts import (
    ConfirmEmail,
    Kind,
    PersonRegistered,
    RegisterAccount,
    ResendCode,
    SignUpBegun,
)
from shared.contracts.identity.activity import Activities, Activity, ReadActivity
from shared.contracts.identity.email_changes import ChangeEmail, ConfirmEmailChange, UndoEmailChange
from shared.contracts.identity.passwords import ChangePassword, KnownDevice, RequestPasswordReset, ResetPassword
from shared.contracts.identity.persons import LinkPersons, Recognized, RecognizePerson, SubjectsLinked
from shared.contracts.identity.profile import (
    Address,
    ChangeProfile,
    Profile,
    ProfileChanged,
    ReadProfile,
    TellAddress,
    TellBuyer,
)
from shared.contracts.identity.service_mail import ServiceMailDue
from shared.contracts.identity.sessions import (
    Authenticate,
    OpenSession,
    Principal,
    ReadSessions,
    Reauthenticate,
    Sessions,
    SignedIn,
    SignIn,
    SignOut,
)

__all__ = [
    "Activities",
    "Activity",
    "Address",
    "Authenticate",
    "ChangeEmail",
    "ChangePassword",
    "ChangeProfile",
    "ConfirmEmail",
    "ConfirmEmailChange",
    "Kind",
    "KnownDevice",
    "LinkPersons",
    "OpenSession",
    "PersonRegistered",
    "Principal",
    "Profile",
    "ProfileChanged",
    "ReadActivity",
    "ReadProfile",
    "ReadSessions",
    "Reauthenticate",
    "RecognizePerson",
    "Recognized",
    "RegisterAccount",
    "RequestPasswordReset",
    "ResendCode",
    "ResetPassword",
    "ServiceMailDue",
    "Sessions",
    "SignIn",
    "SignOut",
    "SignUpBegun",
    "SignedIn",
    "SubjectsLinked",
    "TellAddress",
    "TellBuyer",
    "UndoEmailChange",
]
