"""
How each family of senders signs its requests, what it sends and which answers it understands: data, no code.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Mapping, NamedTuple, Optional, Tuple

EVERY_METHOD = ("POST", "PUT", "PATCH", "DELETE")


class Answer(NamedTuple):
    """A dictionary is answered as JSON, a text as plain text."""

    status: int
    content: object


RECEIVED = Answer(200, {"status": "received"})
INVALID_SIGNATURE = Answer(401, {"error": "Invalid signature"})


@dataclass(frozen=True)
class Dialect:
    """One family of senders. Names of headers are in lower case."""

    name: str
    path: str = "/webhook"
    methods: Tuple[str, ...] = ("POST",)
    #: Whether the JSON may stand in the field `payload` of a form.
    takes_forms: bool = False

    #: The header with the signature or, where `encoding` is "none", with the secret itself.
    signature_header: str = ""
    #: What stands before the digest in each signature.
    signature_prefix: str = ""
    #: What stands between several signatures; None where the header is one signature.
    signature_separator: Optional[str] = None
    #: How the HMAC-SHA256 is written: "hex" or "base64"; "none" where there is none.
    encoding: str = "hex"
    #: What is signed before the body.
    signed_prefix: str = ""
    timestamp_header: Optional[str] = None
    #: Whether the signature header carries the timestamp, once, as `t=<seconds>`.
    timestamp_in_signature: bool = False
    #: Whether a secret that begins with `whsec_` is the base64 of its key.
    decodes_whsec: bool = False

    #: The header with the event's id; None where it is the body's `id`.
    id_header: Optional[str] = None
    #: The header with the event's type; None where it is the body's `type_field`.
    type_header: Optional[str] = None
    type_field: str = "type"
    #: Where the data stands in the body; empty for the whole body.
    data_path: Tuple[str, ...] = ()
    #: What does not belong to the data of a body that is data as a whole.
    data_without: Tuple[str, ...] = ()
    previous_data_field: Optional[str] = None
    #: The types that only ask whether somebody listens. They are answered and never handled.
    pings: Tuple[str, ...] = ("ping",)

    accepted: Answer = RECEIVED
    refused: Answer = INVALID_SIGNATURE

    @property
    def speaks_json(self) -> bool:
        """Whether errors are told in JSON; otherwise they are plain text."""
        return isinstance(self.refused.content, dict)


_ALL = (
    # The Standard Webhooks specification, version 1.
    Dialect(
        name="standard",
        methods=EVERY_METHOD,
        takes_forms=True,
        signature_header="webhook-signature",
        signature_prefix="v1,",
        signature_separator=" ",
        encoding="base64",
        signed_prefix="{id}.{timestamp}.",
        timestamp_header="webhook-timestamp",
        decodes_whsec=True,
        id_header="webhook-id",
        data_path=("data",),
    ),
    # The same under Svix's own header names; the body is the data.
    Dialect(
        name="svix",
        signature_header="svix-signature",
        signature_prefix="v1,",
        signature_separator=" ",
        encoding="base64",
        signed_prefix="{id}.{timestamp}.",
        timestamp_header="svix-timestamp",
        decodes_whsec=True,
        id_header="svix-id",
    ),
    Dialect(
        name="q2",
        path="/",
        signature_header="x-q2-signature-256",
        encoding="base64",
        id_header="x-q2-delivery",
        type_header="x-q2-event",
        data_without=("hook", "hook_id"),
        pings=("Ping",),
        accepted=Answer(200, ""),
        refused=Answer(401, "Invalid signature"),
    ),
    Dialect(
        name="resource-api",
        path="/webhooks",
        signature_header="x-webhook-signature",
        data_path=("data",),
        previous_data_field="previous_data",
    ),
    Dialect(
        name="connect2print",
        path="/webhooks",
        signature_header="x-webhook-signature",
        type_field="event",
        data_path=("data",),
        accepted=Answer(200, ""),
        refused=Answer(401, "Invalid signature"),
    ),
    Dialect(
        name="activities",
        path="/",
        methods=EVERY_METHOD,
        takes_forms=True,
        signature_header="x-signature",
        type_field="event",
        data_path=("data",),
        accepted=Answer(200, ""),
        refused=Answer(500, "Could not verify the request signature."),
    ),
    # No signature: the secret travels in a header.
    Dialect(
        name="casesolved",
        signature_header="x-webhook-secret",
        encoding="none",
        id_header="webhook-id",
        type_field="event",
        data_path=("data",),
        pings=("Webhook Validate", "ping"),
        accepted=Answer(200, "OK"),
        refused=Answer(401, "Unauthorized"),
    ),
    # docs.github.com, "Validating webhook deliveries".
    Dialect(
        name="github",
        methods=EVERY_METHOD,
        takes_forms=True,
        signature_header="x-hub-signature-256",
        signature_prefix="sha256=",
        id_header="x-github-delivery",
        type_header="x-github-event",
    ),
    # docs.stripe.com/webhooks. The secret is used as text, `whsec_` and all.
    Dialect(
        name="stripe",
        signature_header="stripe-signature",
        signature_prefix="v1=",
        signature_separator=",",
        signed_prefix="{timestamp}.",
        timestamp_in_signature=True,
        data_path=("data", "object"),
    ),
    # shopify.dev, "Deliver webhooks through HTTPS".
    Dialect(
        name="shopify",
        signature_header="x-shopify-hmac-sha256",
        encoding="base64",
        id_header="x-shopify-webhook-id",
        type_header="x-shopify-topic",
    ),
    # docs.slack.dev, "Verifying requests from Slack".
    Dialect(
        name="slack",
        signature_header="x-slack-signature",
        signature_prefix="v0=",
        signed_prefix="v0:{timestamp}:",
        timestamp_header="x-slack-request-timestamp",
        id_header="webhook-id",
    ),
)

DIALECTS: Mapping[str, Dialect] = {dialect.name: dialect for dialect in _ALL}
