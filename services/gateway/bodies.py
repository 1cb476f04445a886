"""What a client sends, derived from the contracts: unknown fields are refused, some the gateway adds itself."""

import json
from functools import cache
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Generic, NoReturn, TypeVar, get_args

from pydantic import BaseModel, ConfigDict, Strict, create_model

from shared.contracts.message import Request
from shared.problems import Refused, refuse

Asked = TypeVar("Asked", bound=Request[Any])
Names = TypeVar("Names")

STRICT = (bool, int)  # a consent is given by `true`, not by 1 or "yes"


class Body(BaseModel):
    """A JSON object with the fields of a contract, and no others: a misspelled field must not be overlooked."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)
    contract: ClassVar[type[Request[Any]]]

    def complete(self, **added: Any) -> Any:
        """The request with what the gateway adds. Raises pydantic.ValidationError."""
        return self.contract.model_validate(self.model_dump(exclude_unset=True) | added)

    def said(self) -> str:
        """What the client sent, the same text for the same fields."""
        return self.model_dump_json()


@cache
def _body(contract: type[Request[Any]], without: tuple[str, ...]) -> type[Body]:
    fields: dict[str, Any] = {
        name: (Annotated[field.annotation, Strict()] if field.annotation in STRICT else field.annotation, field)
        for name, field in contract.model_fields.items()
        if name not in without
    }
    made = create_model(contract.__name__, __base__=Body, __doc__=contract.__doc__, **fields)
    made.contract = contract
    return made


if TYPE_CHECKING:

    class Whole(Generic[Asked]):
        """All of a contract."""

        def complete(self) -> Asked: ...

    class Without(Generic[Asked, Names]):
        """A contract without the fields that the gateway adds."""

        def complete(self, **added: Any) -> Asked: ...
        def said(self) -> str: ...

else:

    class Whole:
        """`Whole[Contract]`: the body has all fields of the contract."""

        def __class_getitem__(cls, contract):
            return _body(contract, ())

    class Without:
        """`Without[Contract, Literal["subject_id"]]`: the gateway adds the named fields."""

        def __class_getitem__(cls, of):
            contract, names = of
            return _body(contract, get_args(names))


def read_json(body: bytes) -> Any:
    """Parse what JSON can say without doubt. Raises Refused (400)."""
    try:
        return json.loads(body.decode(), object_pairs_hook=_each_key_once, parse_constant=_no_number)
    except UnicodeDecodeError:
        raise refuse(400, "the body is not UTF-8") from None
    except (ValueError, RecursionError):
        raise refuse(400, "the body is not JSON") from None


def _each_key_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Two readers may disagree on which of two equal keys counts (RFC 8259, section 4)."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _doubtful("the body names a key twice")
    return found


def _no_number(_constant: str) -> NoReturn:
    raise _doubtful("the body holds a number that JSON does not know")


def _doubtful(title: str) -> Refused:
    return refuse(400, title)
