"""Customer service: tickets in JSON, redacted calls, and consultations as key: value lines."""

import json
import random

from .common import (
    CITIES,
    DAYS,
    NAMES,
    Row,
    fill,
    number,
    pair,
    record,
    records,
    reworded,
    slip,
    tidy,
    turns,
    values,
)

FAULTS = records("""
espresso machine @ water [leaks|drips] from the base @ [send a new seal|a seal will be mailed] @ leak
noise-cancelling headphones @ the left side [is silent|has no sound] @ [exchange the unit|replacement unit] @ audio
robot vacuum @ it [drives in circles|keeps turning on the spot] @ [reset the sensors|sensor reset by phone] @ navigation
electric kettle @ it [does not switch off|keeps boiling] @ [refund the price|money back] @ safety
standing desk @ the motor [hums but does not move|makes noise without moving] @ [send a technician|technician \
visit] @ motor
smart watch @ the [battery is empty after an hour|charge lasts an hour] @ [replace the battery|new battery] @ battery
baby monitor @ the [picture freezes|image gets stuck] @ [update the firmware|firmware update] @ software
tent @ a [pole|tent pole] is broken @ [ship a spare pole|spare part shipped] @ damage
raincoat @ the [zip is stuck|zipper does not close] @ [voucher for a tailor|pay the tailor] @ defect
office chair @ [a wheel|one caster] came off @ [send five new wheels|new set of casters] @ parts
blender @ the [lid does not close|cover does not fit] @ [exchange the lid|send another lid] @ parts
keyboard @ [three keys are dead|some keys do not react] @ [warranty swap|exchange under warranty] @ hardware
router @ the [connection drops every night|line is lost at night] @ [change the channel|switch to another \
channel] @ network
bicycle lamp @ it [arrived without a charger|came with no cable] @ [post the charger|cable will be sent] @ missing item
sofa @ the [colour is wrong|fabric has another colour] @ [collect and exchange|pick-up and new delivery] @ wrong item
freezer @ it [does not get cold|stays warm] @ [repair at home|home visit for repair] @ cooling
printer @ it [prints stripes|leaves lines on paper] @ [clean the head|run head cleaning] @ quality
drone @ it [will not pair|cannot find the phone] @ [reinstall the app|delete and install the app] @ pairing
lawn mower @ the [blade is bent|knife is crooked] @ [send a blade|ship a new blade] @ damage
toaster @ [one slot stays cold|half of it does not heat] @ [refund in part|partial refund] @ defect
""")
TICKET = """
customer: [hi|hello|good afternoon], [my|the] {product} [I bought in {city}|I ordered {weeks} weeks ago|] has a \
problem: {fault}
agent: [sorry to hear that|thanks for reaching out|that is annoying], [may I have|what is] the order number?
customer: [it's|sure,|order] {order}, [name is|under the name|my name is] {A}
?agent: [have you tried turning it off and on|is there any visible damage|did you keep the box]?
&customer: [yes, no change|not that I can see|of course]
agent: [thank you, {A}|I found it|okay]. we can offer: {fix}
?customer: [how long does that take|when will that be|and who pays for it]?
&agent: [about {days} days|within {days} days, I hope|we do, of course]
customer: [great|fine with me|ok, thanks|if it must be]
?agent: [anything else|is there anything else I can do]? ### customer: [no, bye|that's all]
"""


def ticket_json(chance: random.Random) -> Row:
    """Service chats on one line with separators, summed up as JSON objects."""
    facts = record(chance, FAULTS, "product fault fix kind")
    facts |= {"A": chance.choice(NAMES), "city": chance.choice(CITIES), "order": number(chance, 10000, 99999)}
    facts |= {"days": number(chance, 2, 14), "weeks": number(chance, 2, 9)}
    mark = chance.choice((" || ", " | ", " ### "))
    dialogue = mark.join(f"{key}: {text}" for key, text in turns(chance, TICKET, facts, caps=False))
    dialogue = dialogue.replace(" ### ", mark)
    wrong = slip(
        chance, facts, {"order": None, "fix": [line[2] for line in FAULTS], "kind": [line[3] for line in FAULTS]}
    )
    problem, solution = (
        "[{fault}|the {product} fails: {fault}|{A} says {fault}]",
        "[{fix}|agent: {fix}|agent offers: {fix}]",
    )
    moods = values("satisfied; neutral; annoyed; friendly")
    mood = chance.choice(moods)
    texts: list[str] = []
    first = ""
    for known in (facts, wrong):
        said = reworded(chance, problem, known, first)
        answer = tidy(fill(chance, solution, known))
        summary = {"product": known["product"], "category": known["kind"], "problem": said, "resolution": answer}
        summary |= {"order": int(known["order"]), "resolved": True, "mood": mood}
        texts.append(json.dumps(summary))
        first, mood = said, mood if chance.random() < 0.6 else chance.choice(moods)
    return {"dialogue": dialogue, "reference": texts[0], "prediction": texts[1]}


CASES = records("""
refund for a cancelled flight @ the refund [is being processed|was approved] and arrives within {days} days
a [wrong name|misspelt name] on a policy @ the [name was corrected|agent corrected it] and new papers follow in \
{days} days
a [blocked|frozen] debit card @ a [new card|replacement] is sent within {days} days
a double charge for a subscription @ one [payment|charge] of {sum} euros [is returned|will be paid back]
a parcel that [never arrived|did not turn up] @ a [search|trace] was started, taking {days} days
a change of address @ the [new address is on file|address was updated] and letters go there from {day}
a [broken|cracked] windscreen @ a garage [appointment|visit] was booked for {day}
a [high|very high] electricity bill @ the meter [will be read|is to be checked] on {day}
a lost [SIM card|phone chip] @ the number was [blocked|locked] and a new chip comes on {day}
a hotel booking with the wrong date @ it was [moved|rebooked] to {day} for {sum} euros
the early end of a gym contract @ the contract [ends|stops] on {day} against a fee of {sum} euros
an [old|unpaid] travel insurance claim @ the claim was [reopened|looked at again] and {sum} euros [are due|follow]
a forgotten password for the pension portal @ a [letter|code by mail] is on its way, taking {days} days
a raise of a credit limit @ the limit [rises|goes up] by {sum} euros on {day}
[slow|weak] internet at home @ a technician [visits|comes] on {day}
lost luggage @ the [suitcase was found|bag was located] and comes by {day}
proof of no claims @ the [document|letter] is mailed within {days} days
""")
CALL = """
AGT: [Thank you for calling|Welcome to] §, my name is §. [How can I help?|What can I do for you?]
CUST: [Hello|Good morning|Yes, hi], [this is|my name is] §. [I am calling about|It's about|I have a question on] {case}.
AGT: [For security|Before we start], [could I have|please tell me] your date of birth and postcode?
CUST: ████-██-██[, and it's| and] ████.
?AGT: [Thank you, that matches|Perfect, found you]. [One moment.|Bear with me.]
CUST: [I have called {n} times since {past}|I am waiting since {past}, this is the {n}th call]. [It's frustrating.|]
AGT: [I can see that|OK, here we are, so|Let me tell you:] {result}.
?CUST: [And is there a fee|Do I get that in writing|Who do I call if not]?
&AGT: [No, none.|Yes, by e-mail to §.|You can dial my extension ███.]
CUST: [Thank you|OK, great|Fine], [bye|have a nice day].
"""
CALL_FRAMES = [
    "In this call, [§ asks about {case}|§ contacts the agent about {case}|the topic is {case}, raised by "
    "§|a caller has a request: {case}].",
    "?~[The caller has been waiting since {past}|This was call number {n}|§ is frustrated after {n} calls].",
    "[Outcome: {result}|According to the agent, {result}|The agent explains that {result}|As a result, {result}].",
    "The identity of the caller (████) was verified.",
]


def redacted_calls(chance: random.Random) -> Row:
    """Calls with ids, times after the speaker and redacted names, summed up between a fixed beginning and ending."""
    facts = record(chance, CASES, "case result")
    facts |= {"days": number(chance, 2, 21), "sum": number(chance, 15, 640, 5), "n": number(chance, 4, 9)}
    facts |= {"day": chance.choice(DAYS), "past": chance.choice(("March", "last Monday", "Easter", "the 3rd", "June"))}
    ids = {"AGT": f"AGT-{chance.randint(10, 480)}", "CUST": f"CUST-{chance.randint(10000, 99999)}"}
    second = chance.randint(30000, 60000)
    lines: list[str] = []
    for key, text in turns(chance, CALL, facts):
        second += chance.randint(3, 40)
        lines.append(f"{ids[key]} ({second // 3600:02d}:{second // 60 % 60:02d}:{second % 60:02d}): {text}")
    wrong = slip(chance, facts, {"days": None, "sum": None, "day": DAYS})
    texts = ("\n".join(lines), *pair(chance, CALL_FRAMES, facts, wrong))
    dialogue, reference, prediction = (text.replace("§", "[REDACTED]") for text in texts)
    return {"dialogue": dialogue, "reference": reference, "prediction": prediction}
