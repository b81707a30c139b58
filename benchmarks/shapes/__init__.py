"""Twenty invented data sets of summaries in unusual shapes, without technical faults."""

from .asia import chinese_shop, korean_delivery
from .chats import dutch_whatsapp, gaming_chat
from .clinic import clinic_keys, spanglish_family
from .coding import code_review, tutor_latex
from .common import Shape, sheet
from .europe import mixed_languages, turkish_hotel
from .mails import mail_thread, sms_short
from .meetings import council_meeting, focus_group
from .scenes import oral_history, stage_scene
from .service import redacted_calls, ticket_json
from .world import hindi_helpline, russian_dashes

SHAPES: dict[str, Shape] = {
    "mail_thread": sheet(mail_thread),
    "sms_short": sheet(sms_short),
    "dutch_whatsapp": sheet(dutch_whatsapp),
    "gaming_chat": sheet(gaming_chat),
    "council_meeting": sheet(council_meeting),
    "focus_group": sheet(focus_group),
    "oral_history": sheet(oral_history),
    "stage_scene": sheet(stage_scene),
    "code_review": sheet(code_review),
    "tutor_latex": sheet(tutor_latex),
    "ticket_json": sheet(ticket_json),
    "redacted_calls": sheet(redacted_calls),
    "clinic_keys": sheet(clinic_keys),
    "spanglish_family": sheet(spanglish_family),
    "chinese_shop": sheet(chinese_shop),
    "korean_delivery": sheet(korean_delivery),
    "russian_dashes": sheet(russian_dashes),
    "hindi_helpline": sheet(hindi_helpline),
    "turkish_hotel": sheet(turkish_hotel),
    "mixed_languages": sheet(mixed_languages),
}
