"""E-mail threads and text messages in English."""

import random

from .common import (
    CITIES,
    DAYS,
    NAMES,
    SURNAMES,
    Row,
    clock,
    fill,
    number,
    pair,
    proper,
    record,
    records,
    slip,
    tidy,
    turns,
    values,
)

MATTERS = records("""
trade fair stand @ the printed panels [are too short|do not fit] @ [reorder the panels elsewhere|find another printer]
office move @ the landlord [will not hand over the keys yet|keeps the keys] @ [store|put] the furniture [for a \
week|away]
website relaunch @ [the checkout fails on|nobody can pay with] older phones @ [postpone the launch|fix the \
checkout first]
school excursion @ the coach company [cancelled|has pulled out] @ [travel by train|take the train] instead
annual report @ [some sales figures are from last year|chapter two is out of date] @ [update and reprint it|correct it]
staff canteen @ the oven [broke down|stopped working] again @ [rent a replacement|hire another one for now]
museum catalogue @ two image licences [have expired|ran out] @ [replace the images|choose two other pictures]
choir concert @ the hall is [double-booked|taken that night] @ [move to the town library|sing in the library]
server migration @ the old backup [is incomplete|lacks some files] @ [repeat the backup|back everything up again]
language course @ [too few people signed up|enrolment is low] @ [merge the evening groups|combine two groups]
warehouse audit @ [forty pallets are missing|the list lacks forty pallets] @ [recount the north hall|count again]
customer survey @ question nine [confuses people|is misunderstood] @ [reword that question|write it more clearly]
company car @ the [leasing contract runs out|lease ends this month] @ [extend it by half a year|keep it six more months]
wedding catering @ the caterer [raised the price|wants more money] @ [get a second quote|ask a competitor]
podcast recording @ the mixing desk is [broken|faulty] @ [record remotely|do it online] this time
grant application @ a partner letter [is missing|has not arrived] @ [request an extension|ask for more time]
roof repair @ the scaffolding permit [was refused|has been rejected] @ [apply again|submit a new form]
training manual @ the translation [is full of errors|has many mistakes] @ [hire a new translator|have it redone]
bike storage @ the racks [block the fire exit|are in front of the emergency door] @ [move|shift] them to the back
product photos @ the samples [got lost|disappeared] in the mail @ [send new ones by courier|have a courier bring more]
seed order @ the supplier [shipped the wrong variety|mixed up the seeds] @ [return them|send them back for credit]
night shift rota @ two nurses [are on leave|are away] at once @ [bring in an agency nurse|book external help]
""")
FIRMS = values(
    "harrow-lane; northpier; kestrelgroup; blueoak; tallymark; fernandco; oldmill; brightwell; quayside; lumenworks"
)

FIRST = """
[Hi|Hello|Dear|Good morning] {B},

[I am afraid we have a problem with|bad news about|a quick note on] the {topic} in {city}: {trouble}. {hint}.
[Could you tell me how you would like to proceed?|What do you suggest?|How should we handle this?]

[Best|Regards|Thanks|Kind regards],
{A}
=====
[Hey|Hi] {B},

[about|regarding] the {topic} ({city}) - {trouble}. {hint}. [Not ideal.|We should act quickly.|]
[Any ideas?|Your call.|Please advise.]

{A} {sa}
""".split("=====")  # noqa: SIM905
SECOND = """
[Hi|Hello|Dear] {A},

[thanks for letting me know.|thank you for flagging this.|oh dear.] [I think we should|I would|Let's] {plan}. \
[That should cost about|The extra cost will be around|I reckon it comes to] {cost} euros, \
[which is within budget|which I can approve|so no need to ask the board]. [Please|Could you please] have it \
[settled|sorted|done] by {day}.

[Best|Cheers|Regards],
{B}
=====
{A} -

[my preference:|simplest solution:] {plan}. [There are|I have] {cost} euros [left|set aside] for [this|such things]. \
Deadline is {day}. [Keep {C} in the loop.|]

{B}
""".split("=====")  # noqa: SIM905
THIRD = """
[Will do|Understood|Perfect], {B}. [{C} will take care of it|I have asked {C} to do it|{C} is on it] and \
[will report back|will send you a note] [on|by] {day}. [I will be out of the office|Note that I am away|I am on \
leave] until {out}.

[Thanks again,|Best,]
{A}
=====
[Great|Fine by me]. {C} [has agreed to|will] handle it. [I will be out of the office|Note that I am away|I am \
on leave] until {out}.

{A}
""".split("=====")  # noqa: SIM905
HINTS = values("""
[it came up|this was noticed] only this morning; {C} [spotted it|noticed it] yesterday; it came up in a call on {out}
people in {city} are annoyed; [this is|it is] the second time this year; {C} is [upset|angry] about it
the client [already knows|has been told]; nobody had [checked|looked] for weeks; {C} had warned [everyone|us] before
""")
MAIL_FRAMES = [
    "[{A} [writes to|e-mails|informs] {B} [about|regarding] the {topic} in {city}[: {trouble}| "
    "because {trouble}]|There is a "
    "problem with the {topic}: {trouble}[, as {A} reports to {B}|. {A} tells {B} about it]|The "
    "{topic} in {city} is in trouble, since "
    "{trouble}].",
    "?[{A} asks how to proceed|{A} wants advice from {B}|A decision is needed|{B} should say what to do].",
    "?{hint}.",
    "\n\n",
    "[{B} decides to {plan}|The answer is to {plan}|{B}'s solution: {plan}|It is agreed that they {plan}].",
    "?~[It should cost about {cost} euros|{cost} euros are available|{B} approves {cost} euros].",
    "~[{C} will take care of it by {day}|{C} is put in charge, with a deadline on {day}|The task "
    "goes to {C} and is due "
    "{day}|By {day}, {C} has to have it done].",
    "?~[{A} is away until {out}|{A} will be back on {out}|Until {out}, {A} cannot be reached].",
]


def mail_thread(chance: random.Random) -> Row:
    """Threads of three e-mails with headers or quotes, summed up in two paragraphs."""
    one, two, three = chance.sample(NAMES, 3)
    facts = record(chance, MATTERS, "topic trouble plan")
    facts |= {"A": one, "B": two, "C": three, "sa": chance.choice(SURNAMES), "city": chance.choice(CITIES)}
    facts |= {"cost": number(chance, 120, 4800, 20), "day": chance.choice(DAYS)}
    facts |= {"out": chance.choice(DAYS), "hint": chance.choice(HINTS)}
    firm, subject = chance.choice(FIRMS), facts["topic"].capitalize()
    bodies = [proper(tidy(fill(chance, chance.choice(part), facts))) for part in (FIRST, SECOND, THIRD)]
    pairs = [(one, two), (two, one), (one, two)]
    month, day = chance.randint(1, 12), chance.randint(1, 25)
    mails: list[str] = []
    for index, ((sender, receiver), body) in enumerate(zip(pairs, bodies, strict=True)):
        head = f"From: {sender} <{sender.lower()}@{firm}.example>\nTo: {receiver} <{receiver.lower()}@{firm}.example>\n"
        head += f"Sent: {2024}-{month:02d}-{day + index:02d} {clock(chance)}\n"
        mails.append(f"{head}Subject: {'RE: ' if index else ''}{subject}\n\n{body}")
    if chance.random() < 0.5:
        mails.reverse()
    rule = chance.choice(("\n\n-----Original Message-----\n", "\n\n________________________________\n", "\n\n---\n\n"))
    wrong = slip(chance, facts, {"day": DAYS, "cost": None, "A": "B", "C": "B"})
    reference, prediction = pair(chance, MAIL_FRAMES, facts, wrong)
    return {"dialogue": rule.join(mails), "reference": reference, "prediction": prediction}


ERRANDS = records("""
u pick up the kids 2day @ cant stuck at work @ {B} [cannot collect|can't fetch] [kids|children] @ {A} [will go|picks up]
wanna see the match 2nite @ yes but only 2nd half @ {B} [joins|comes to match] for second half @ [meet|meeting] at {t}
r u coming 2 yoga @ no my back hurts @ {B} [skips yoga|has backache, no yoga] @ {A} [alone|goes alone] at {t}
did u feed the cat @ forgot sry @ [cat not fed yet|{B} forgot the cat] @ [{B} feeds it|feeding] at {t}
got ur bus ticket yet @ not yet buying it l8r @ [{B} has no ticket yet|bus ticket still missing] @ bus [leaves|at] {t}
still on 4 dinner @ yep but running late @ {B} [late for dinner|running late] @ [dinner|food] at {t}
can i borrow ur drill @ sure its in the shed @ [{A} borrows drill|{B} lends tool] @ [pickup|collect] at {t}
whr r u @ train broke down near {city} @ [{B} stuck near|train broke down,] {city} @ [arrives|there by] {t}
need anything from the shop @ milk n eggs pls @ [{A} buys milk and eggs|shopping for {B}: milk, eggs] @ \
[back|home] by {t}
hows the fever @ worse gonna see doc @ [{B} feels worse|fever has risen] @ [doctor|appointment] at {t}
u free sat 4 moving boxes @ ya w my van @ {B} [helps with van|carries boxes Saturday] @ [start|begin] at {t}
did the parcel come @ nope neighbour has it @ [parcel at neighbour's|neighbour took package] @ {A} [fetches|gets] it {t}
my phone dying wheres the key @ under the pot @ [key under pot|key is hidden outside] @ {A} [home|in] at {t}
exam moved or not @ ya its fri now @ [exam now Friday|test moved to Friday] @ [starts|begins] {t}
wnt 2 swap shifts @ ok if u take sunday @ [shift swap agreed|{A} and {B} swap shifts] @ {A} [takes|works] Sunday
got the tix 4 {band} @ 2 left at the back @ [two {band} tickets|{B} found two seats for {band}] @ [show|concert] {t}
dog escaped again @ omg where @ [{A}'s dog escaped|dog missing again] @ [search from|looking at] {t}
heating still off @ plumber comes l8r @ [heating still broken|no heating] @ plumber [at|comes] {t}
can u cover my class @ only if its b4 noon @ {B} [may cover class|teaches instead of {A}] @ [ends|over] by {t}
mum wants 2 know about xmas @ working til 24th @ {B} [works until 24th|busy before Christmas] @ [call mum|ring home] {t}
""")
BANDS = values("The Owls; Velvet Tram; Nine Foxes; Kite Club; Saltwater; Moth Parade; Paper Kings; Glass Anna")
SMS = """
A: [hey|yo|hiya|] {ask}
B: {answer}
?A: [oh no|k|aw|lol ok|np] [wat time then|so wen|wen]
B: [thnk|prob|say|make it] {t} [ok|] [?|]
?A: [kk cu|gr8|cool thx|ok] [x|xx|:)|]
?B: [luv u|btw ur mum called|c u there|txt me wen ur out]
?A: [will do|k bye|ttyl]
"""


def sms_short(chance: random.Random) -> Row:
    """Text messages in shorthand without punctuation, summed up in a handful of words."""
    facts = record(chance, ERRANDS, "ask answer what then")
    one, two = chance.sample(NAMES, 2)
    facts |= {"A": one, "B": two, "t": f"{chance.randint(1, 11)}{chance.choice((':30', '', ':15', ''))}pm"}
    facts |= {"city": chance.choice(CITIES), "band": chance.choice(BANDS)}
    lines = turns(chance, SMS, facts)
    dialogue = "\n".join(f"{facts[key].lower()} {text.lower()}" for key, text in lines)
    wrong = slip(chance, facts, {"A": "B", "t": [f"{hour}pm" for hour in range(1, 12)]})
    frames = ["{what}", "?{then}"] if chance.random() < 0.8 else ["{A} [asks|texts] {B}", "{what}"]
    reference, prediction = pair(chance, frames, facts, wrong, joiner=", ")
    return {"dialogue": dialogue, "reference": reference, "prediction": prediction}
