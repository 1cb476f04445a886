"""Where a failed message goes: a waiting tier, or the dead letters with its reason."""

import aio_pika
from aio_pika import DeliveryMode
from aio_pika.abc import AbstractIncomingMessage, HeadersType

from shared.clock import now
from shared.messaging.publisher import Publisher
from shared.messaging.topology import TIERS, Tier, dead_letters
from shared.observability import log, metrics, what_failed

ATTEMPT = "x-attempt"
REASON = "x-reason"
ORIGIN = "x-origin-queue"
FAILED_AT = "x-failed-at"
FAULT = "x-fault"
MOST_ATTEMPTS = 1_000_000
# Through all tiers and then each hour until nearly a day is over: time enough for a release that mends a bug.
LAST_ATTEMPT = len(TIERS) + 23
LAST_ATTEMPT_FAILED = "failed at its last attempt"


def attempts(message: AbstractIncomingMessage) -> int:
    """How often handling this message has failed already; what can't be a count is none."""
    value = message.headers.get(ATTEMPT, 0)
    return value if isinstance(value, int) and 0 <= value < MOST_ATTEMPTS else 0


def tier_of(attempt: int) -> Tier:
    """Where a message waits that has failed so often."""
    return TIERS[min(attempt, len(TIERS)) - 1]


async def retry_later(publisher: Publisher, queue: str, message: AbstractIncomingMessage, error: Exception) -> None:
    """Send a copy to the tier of its attempt; the last tier repeats until the last attempt, with an alert."""
    attempt = attempts(message) + 1
    tier = tier_of(attempt)
    report = log.error if attempt > len(TIERS) else log.warning
    report("message will be tried again", queue=queue, attempt=attempt, **what_failed(error))
    await publisher.publish(tier.name, queue, copied(message, {**message.headers, ATTEMPT: attempt}))


async def give_up(
    publisher: Publisher, service: str, queue: str, message: AbstractIncomingMessage, error: Exception, reason: str
) -> None:
    """Move a copy to the service's dead letters; headers tell why, from where and after how many attempts."""
    failure = {key: value for key, value in what_failed(error).items() if value}
    headers: HeadersType = {
        ATTEMPT: attempts(message) + 1,
        REASON: reason,
        ORIGIN: queue,
        FAILED_AT: now().isoformat(),
        FAULT: " ".join(f"{key}={value}" for key, value in failure.items()),
    }
    await publisher.publish("", dead_letters(service), copied(message, {**message.headers, **headers}))
    log.error("message given up", queue=queue, reason=reason, **what_failed(error))
    metrics.dead.labels(queue, reason).inc()


def copied(message: AbstractIncomingMessage, headers: HeadersType, user_id: str | None = None) -> aio_pika.Message:
    """The same message (id, type, body) with other headers; a fresh dict, shared ones get mutated."""
    return aio_pika.Message(
        message.body,
        headers=dict(headers),
        message_id=message.message_id,
        type=message.type,
        app_id=message.app_id,
        timestamp=message.timestamp,
        content_type=message.content_type,
        delivery_mode=DeliveryMode.PERSISTENT,
        user_id=user_id,
    )
