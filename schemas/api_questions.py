"""Registration questions as the JSON API shows them."""

from __future__ import annotations

from marshmallow import Schema, validate
from marshmallow import fields as ma

KINDS = ("standard", "short", "single_radio", "single_dropdown", "multiple")


class QuestionSchema(Schema):
    """A question of a webinar's registration form, and the contact property that answers it."""

    question = ma.String(
        metadata={
            "description": "Zoom's field name, or the exact title of a custom question: the key in"
            " the settings `question_mapping`, `question_answers` and `question_values`."
        }
    )
    required = ma.Boolean()
    kind = ma.String(validate=validate.OneOf(KINDS))
    answers = ma.List(
        ma.String(), metadata={"description": "The only ones Zoom accepts; empty: any text."}
    )
    property = ma.String(
        allow_none=True, metadata={"description": "The contact property chosen for it."}
    )
    property_answers = ma.Dict(
        keys=ma.String(),
        values=ma.String(),
        metadata={
            "description": "Zoom's answer by the property's value, where the two differ: by the"
            " labels of its options, and as the settings say."
        },
    )
    proposed_property = ma.String(
        allow_none=True, metadata={"description": "A property of the portal that suggests itself."}
    )
    fixed_value = ma.String(
        allow_none=True, metadata={"description": "The answer for contacts that have none."}
    )
    is_source_missing = ma.Boolean(
        metadata={
            "description": "A required question that no contact can answer: the workflow action"
            " cannot register anybody for the webinar."
        }
    )
    message = ma.String(metadata={"description": "What is wrong with the source; empty: nothing."})


class LackingSchema(Schema):
    """A required question no contact can answer, and why."""

    question = ma.String()
    message = ma.String()


class AwaitedFormSchema(Schema):
    """The form of a webinar to come, and why workflows cannot register contacts for it."""

    webinar_id = ma.String()
    topic = ma.String()
    start_time = ma.AwareDateTime(
        allow_none=True, metadata={"description": "Of the next date; null: without a fixed time."}
    )
    questions = ma.Integer(allow_none=True, metadata={"description": "null: not read yet."})
    required = ma.Integer()
    lacking = ma.List(ma.Nested(LackingSchema))
    message = ma.String(
        metadata={"description": "Why Zoom did not show the questions; empty: it did."}
    )


class ContactPropertySchema(Schema):
    """A contact property of the portal that may answer questions."""

    name = ma.String()
    label = ma.String()
    type = ma.String()


class ContactPropertiesSchema(Schema):
    """All of them by name; none before HubSpot was first asked."""

    results = ma.List(ma.Nested(ContactPropertySchema))


class QuestionListSchema(Schema):
    """The form's questions besides first name and e-mail address, in the form's order."""

    results = ma.List(ma.Nested(QuestionSchema))
    read_at = ma.AwareDateTime(
        allow_none=True, metadata={"description": "When Zoom was last asked; null: never."}
    )
    message = ma.String(
        metadata={"description": "Why there are no questions, or they may be old; empty: nothing."}
    )
