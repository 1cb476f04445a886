"""What every message is: a frozen model with one owner and one type string."""

from typing import Any, ClassVar, Generic, Literal, TypeVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict, field_validator
from pydantic_core import PydanticCustomError

from shared.contracts.actors import Member, Staff

Late = Literal["dropped", "statutory"]
"""What an event about a person does after that person was erased: it is counted and dropped,
or its handler runs for the purpose `legal-duty` and keeps a statutory record (GDPR Art. 17(3)(b))."""

ANY_SERVICE = "*"

GATEWAY = "gateway"
PARTICIPANTS = "participants"
"""Asks as every service that keeps personal data: all but the gateway."""
OPERATORS = "operators"
"""Asks from the vendor's machine, with the broker account of `./lethe`."""


class Message(BaseModel):
    """A frozen piece of the published language; unknown fields are ignored (additive change only)."""

    # Built when first used: a process uses few of them, and building all took a third of a command's start.
    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True, defer_build=True)


Model = type[Message]
Reply = TypeVar("Reply", bound=Message)


class Event(Message):
    """Something that happened, told to everybody.

    `type` is also the routing key: `<owner>.<what-happened>.v<major>`. A type that starts with `*` is
    published by every participant under its own name, and says who owns it. `carries` are the categories of data that
    whoever hears it learns something of, though it holds ids alone: only a service whose purposes cover them may
    react. What the rights demand of every participant names none.
    """

    type: ClassVar[str] = ""
    late: ClassVar[Late] = "dropped"
    owner: ClassVar[str] = ""
    carries: ClassVar[tuple[str, ...]] = ()

    def __init_subclass__(
        cls,
        *,
        type: str,  # noqa: A002
        late: Late = "dropped",
        owner: str = "",
        carries: tuple[str, ...] = (),
        **rest: Any,
    ) -> None:
        super().__init_subclass__(**rest)
        if type.startswith(ANY_SERVICE) != bool(owner):
            raise TypeError(f"{type}: its first part names the owner; `owner` is for types that start with `*`")
        cls.type, cls.late, cls.owner, cls.carries = type, late, owner or type.partition(".")[0], carries
        _register(cls)

    @classmethod
    def type_from(cls, service: str) -> str:
        """The type as `service` publishes it."""
        return cls.type.replace(ANY_SERVICE, service, 1)


def storable(value: Any) -> Any:
    """Refuse text that PostgreSQL can't store (NUL) or UTF-8 can't express (half of a surrogate pair)."""
    if isinstance(value, str) and ("\0" in value or not _is_unicode(value)):
        raise PydanticCustomError("text_not_storable", "must not contain NUL or half of a surrogate pair")
    if isinstance(value, tuple | list):
        for each in value:
            storable(each)
    return value


def _is_unicode(text: str) -> bool:
    return text.isascii() or not any("\ud800" <= character <= "\udfff" for character in text)


class Request(Message, Generic[Reply]):
    """A question or an order to one service; it waits for the answer and may be lost.

    `class ReadProfile(Request[Profile], type="identity.read-profile", askers=("gateway",))` is answered with a
    `Profile`, and only to the accounts that it names; the broker vouches for who asks.
    `actor` is who has to be asking at this moment, by identity's word; None for what anybody may ask through an asker.
    `circumstances` are fields that the gateway observes and the client does not send: a repetition under the same
    idempotency key may differ in them. A type that starts with `*` is answered by every participant under its own name.
    """

    type: ClassVar[str] = ""
    askers: ClassVar[tuple[str, ...]] = ()
    actor: ClassVar[Member | Staff | None] = None
    circumstances: ClassVar[tuple[str, ...]] = ()
    reply: ClassVar[Model]
    owner: ClassVar[str] = ""

    _storable = field_validator("*", mode="after")(storable)

    def __init_subclass__(
        cls,
        *,
        type: str = "",  # noqa: A002
        askers: tuple[str, ...] = (),
        actor: Member | Staff | None = None,
        circumstances: tuple[str, ...] = (),
        **rest: Any,
    ) -> None:
        super().__init_subclass__(**rest)
        if not type:  # `Request[Profile]` itself, which pydantic makes on the way
            return
        if not askers:
            raise TypeError(f"{type}: name the accounts that may ask it as `askers`")
        cls.askers, cls.actor, cls.circumstances = askers, actor, circumstances
        (cls.reply,) = cls.__bases__[0].__pydantic_generic_metadata__["args"]  # type: ignore[attr-defined]
        cls.type, cls.owner = type, type.partition(".")[0]
        _register(cls)

    @classmethod
    def type_to(cls, service: str) -> str:
        """The type as `service` is asked it."""
        return cls.type.replace(ANY_SERVICE, service, 1)


class Created(Message):
    """The answer to what must not happen twice: only the id, so a repetition can be answered alike."""

    id: UUID


class Done(Message):
    """The answer to an order that has nothing to tell."""


REGISTRY: dict[str, type[Event] | type[Request[Any]]] = {}


def _register(contract: type[Event] | type[Request[Any]]) -> None:
    if contract.type in REGISTRY:
        raise TypeError(f"{contract.type} is declared twice: {REGISTRY[contract.type]} and {contract}")
    REGISTRY[contract.type] = contract


def events() -> list[type[Event]]:
    return [c for _, c in sorted(REGISTRY.items()) if issubclass(c, Event)]


def requests() -> list[type[Request[Any]]]:
    return [c for _, c in sorted(REGISTRY.items()) if issubclass(c, Request)]
