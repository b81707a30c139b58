"""Clean test files in many domains and house styles: references by people, predictions by a good model."""

from . import wording as w
from . import wording_more as more
from .business import hotel_bookings, sales_calls
from .chats import family_emojis, lowercase_chat
from .common import Domain, repeat
from .engineering import postmortem, pull_requests
from .german_french import cabinet_dentaire, hausverwaltung
from .japanese_arabic import tawsil, yoyaku
from .medical import legal_intake, soap_notes
from .meetings import action_items, minutes_bullets
from .office import standup_initials, subject_lines
from .phone import dispatch_capitals, insurance_calls
from .press import interviews, tutoring
from .spanish_polish import inmobiliaria, reklamacje
from .tickets import callcentre_notes, ticket_fields

DOMAINS: dict[str, Domain] = {
    "ticket_fields": repeat(ticket_fields, w.TICKETS),
    "callcentre_notes": repeat(callcentre_notes, w.CALLS),
    "soap_notes": repeat(soap_notes, w.SOAP),
    "legal_intake": repeat(legal_intake, w.LEGAL),
    "minutes_bullets": repeat(minutes_bullets, w.MINUTES),
    "action_items": repeat(action_items, w.ACTIONS),
    "postmortem": repeat(postmortem, w.INCIDENTS),
    "pull_requests": repeat(pull_requests, w.PULLS),
    "subject_lines": repeat(subject_lines, w.SUBJECTS),
    "standup_initials": repeat(standup_initials, w.STANDUP),
    "sales_calls": repeat(sales_calls, w.SALES),
    "hotel_bookings": repeat(hotel_bookings, w.HOTELS),
    "interviews": repeat(interviews, w.INTERVIEWS),
    "tutoring": repeat(tutoring, w.TUTORING),
    "lowercase_chat": repeat(lowercase_chat, w.CHAT),
    "family_emojis": repeat(family_emojis, w.FAMILY),
    "dispatch_capitals": repeat(dispatch_capitals, w.RADIO),
    "insurance_calls": repeat(insurance_calls, more.INSURANCE),
    "hausverwaltung": repeat(hausverwaltung, more.GERMAN),
    "cabinet_dentaire": repeat(cabinet_dentaire, more.FRENCH),
    "inmobiliaria": repeat(inmobiliaria, more.SPANISH),
    "reklamacje": repeat(reklamacje, more.POLISH),
    "yoyaku": repeat(yoyaku),
    "tawsil": repeat(tawsil, more.ARABIC),
}
