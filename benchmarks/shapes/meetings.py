"""Long meeting transcripts with minutes in Markdown, and focus groups with speaker codes."""

import random

from .common import DAYS, SURNAMES, Row, fill, number, pair, proper, record, records, slip, tidy, turns, values

ITEMS = records("""
playground @ the swings on Mill Lane are rusty @ [replace|buy new] swings @ [get two quotes|ask two firms for prices]
bus stop @ the shelter at the station leaks @ [repair|mend] the shelter @ [write to|contact] the bus operator
library hours @ students want longer hours @ [open until nine|extend weekday hours to 9 pm] @ [draft|write] a staff rota
street trees @ the limes on Church Street are dying @ plant [hornbeams|new trees] @ [order|buy] the saplings
market square @ the stalls block the delivery lane @ [move|relocate] the stalls @ [inform|talk to] the stallholders
speeding @ cars go too fast past the school @ [set up|create] a thirty zone @ [ask|request] the county for signs
swimming pool @ the heating bill has doubled @ raise [the entry fee|prices] @ [publish|announce] the new prices
allotments @ twelve people are waiting @ [divide|split] the large plots @ [measure|survey] the plots
christmas lights @ half the old lights are broken @ buy [LED lights|new lamps] @ compare [offers|suppliers]
cemetery wall @ the north wall is leaning @ hire a [stonemason|specialist] @ [fence|close] off the path
youth club @ the lease runs out this summer @ [extend|renew] the lease @ [sign the contract|meet the owner]
flood barrier @ the pump failed in the last storm @ buy a [second|spare] pump @ apply for [relief money|a grant]
parking @ commuters fill up the street @ [introduce|bring in] residents' permits @ [prepare|design] a permit form
public toilets @ the toilets were vandalised @ install [metal|stronger] doors @ [report it to|tell] the insurer
footbridge @ the planks get slippery @ lay [anti-slip matting|mats] @ [close|shut] the bridge for a day
recycling @ the bottle banks overflow @ [empty them|have them emptied] twice weekly @ [call|write to] the contractor
town website @ nobody can find the forms @ pay for a [redesign|new site] @ collect [complaints|feedback]
band stand @ the roof paint is peeling @ [repaint|paint] the roof @ find [volunteers|helpers]
dog waste @ there are complaints about the park @ put up [eight more|extra] bins @ [choose|map] the locations
village hall @ the boiler is thirty years old @ install a [heat pump|new boiler] @ [request|apply for] a grant
""")
OPEN = values("""
[Right,|OK,|So,] [next on the list|the next item] is the {item}. {trouble}, as you know.
[Let's|Shall we] turn to the {item}. [We hear that|Residents tell us that] {trouble}.
[Item {n}|Number {n}], the {item}. [In short,|To recap,] {trouble}.
""")
TALK = values("""
[I walked past|I was there] [last week|on Sunday] and it [really is|is honestly] bad.
[Do we have|Is there] any money left [for that|in the budget]?
[About|Roughly] {cost} pounds, [if I read this right|according to the treasurer|from the reserve].
[Mm-hm.|Yeah.|Right.|Sure.|Agreed.]
[Sorry, could you|Can you] speak up [a bit|please]?
[We talked about this|This came up] [two years ago|before the election|in spring] and nothing happened.
[My neighbours|People on our street|The shopkeepers] [keep asking|complain] about it.
[With respect,|Honestly,] I [don't see|fail to see] the [urgency|hurry].
[Um,|Well,|Look,] it [won't|is not going to] [get cheaper|fix itself].
[Did anybody|Did anyone] ask the county?
[They never answer|I tried, no reply|Only by phone].
[Can we|Could we] keep this short? [It's getting late|We have a full agenda].
[I'd rather|I would prefer to] wait for [the audit|the new year|a proper survey].
[That's what|Which is what] we said last time.
[I support|I'm in favour of] [doing something|acting now].
[What about|And] the insurance?
[It doesn't cover|They won't pay for] that, [I'm afraid|I checked].
[Could|Should] we ask for volunteers?
[Volunteers are|That's] [fine|nice], but we need [a professional|somebody reliable].
[Hang on,|Wait,] which [figure|page] are we on?
[Page|It's page] {n}, [at the bottom|second paragraph].
[(laughs)|(coughs)|...|Hm.]
[Fair point|Good point|That's true], [actually|I suppose|thanks].
[The press|The Gazette] [wrote about it|had a story on this] [again|last week].
""")
REMARKS = {
    "pounds": "about {cost} pounds|cost: {cost} pounds|{trouble}; {cost} pounds",
    "fail to]": "there were objections|not urgent for all",
    "the insurance": "insurance was raised",
    "This came up": "discussed before|not the first time",
    "ask for volunteers": "volunteers were discussed",
    "The press": "in the press|the Gazette reported it",
    "the county": "county was to be asked",
}
CLOSE = [
    "[I move|I propose] that we {decision}.",
    "[Seconded.|I second that.]",
    "[All in favour?|Can I see hands?] ... [{yes} for, {no} against|That's {yes} to {no}]. [Carried.|So decided.]",
    "[Who will|Could somebody] {action}? [By {due}, ideally|It should be done by {due}].",
    "[I can do that|I'll do it|Leave it with me].",
    "[Thank you|Thanks], {owner}. [{due} then|So {due}].",
]


def council_meeting(chance: random.Random) -> Row:
    """Council meetings of sixty to a hundred turns, with minutes that contain a Markdown table."""
    people = chance.sample(SURNAMES, 6)
    chair, rest = people[0], people[1:]
    hello = fill(chance, "[Good evening everyone.|Welcome, all.] [Shall we start?|Let us begin.]", {})
    lines = [f"CHAIR {chair.upper()}: {hello}"]
    reference_rows: list[str] = []
    prediction_rows: list[str] = []
    for count, fields in enumerate(chance.sample(ITEMS, chance.randint(4, 5)), start=1):
        facts = dict(zip(values("item; trouble; decision; action"), fields, strict=True))
        owner, mover, seconder = chance.sample(rest, 3)
        facts |= {"n": str(count), "owner": owner, "cost": number(chance, 300, 9000, 50), "yes": number(chance, 5, 9)}
        facts |= {"no": number(chance, 0, 4), "due": f"{chance.choice(DAYS)} {chance.choice(('week', 'fortnight'))}"}
        lines.append(f"CHAIR {chair.upper()}: {proper(tidy(fill(chance, chance.choice(OPEN), facts)))}")
        thoughts = chance.sample(TALK, chance.randint(8, 15))
        notes = [note for mark, note in REMARKS.items() if any(mark in thought for thought in thoughts)]
        for thought in thoughts:
            lines.append(f"CLLR {chance.choice(rest).upper()}: {proper(tidy(fill(chance, thought, facts)))}")
        speakers = (mover, seconder, "", "", owner, "")
        for speaker, text in zip(speakers, CLOSE, strict=True):
            label = f"CLLR {speaker.upper()}" if speaker else f"CHAIR {chair.upper()}"
            lines.append(f"{label}: {tidy(fill(chance, text, facts))}")
        wrong = slip(chance, facts, {"owner": rest, "yes": None, "due": [f"{day} week" for day in DAYS]}, 0.03)
        frames = [
            "| {item} |",
            "[{decision}|agreed to {decision}|council will {decision}|motion to {decision} carried] |",
            "[{yes}-{no}|{yes} to {no}|carried {yes}:{no}] |",
            "[{owner}|Cllr {owner}|{owner} to {action}|{owner}: {action}] |",
            f"[{'|'.join(['{trouble}', 'by {due}', 'due {due}', *notes])}] |",
        ]
        one, two = pair(chance, frames, facts, wrong, same=0.5, caps=True)
        reference_rows.append(one)
        if chance.random() > 0.03:
            prediction_rows.append(two)
    opening = values("## Minutes; ## Decisions and actions; ## Summary of the meeting")
    head = "| Item | Decision | Vote | Owner | Notes |\n|---|---|---|---|---|\n"
    frames = ["[The council met|Councillors met] with {chair} in the chair[.| and dealt with {count} items.]"]
    facts = {"chair": chair, "count": str(len(reference_rows))}
    one, two = pair(chance, frames, facts, facts)
    reference = f"{chance.choice(opening)}\n\n{one}\n\n{head}" + "\n".join(reference_rows)
    prediction = f"{chance.choice(opening)}\n\n{two}\n\n{head}" + "\n".join(prediction_rows)
    return {"dialogue": "\n".join(lines), "reference": reference, "prediction": prediction}


TRIALS = records("""
oat yoghurt @ too sour @ the lid is handy @ add a vanilla flavour @ [tastes|tasted] too sour
running app @ the voice is annoying @ the maps are accurate @ let people mute the coach @ finds the voice annoying
electric toothbrush @ it is too loud @ the battery lasts for weeks @ sell softer brush heads @ thinks it is too loud
instant noodles @ the portion is tiny @ they are done in two minutes @ use a bigger cup @ wants a bigger portion
baby carrier @ the buckle pinches @ the fabric is soft @ change the buckle @ complains that the buckle pinches
garden hose @ it kinks all the time @ it weighs nothing @ add a metal spiral @ says it kinks
hand cream @ the smell is too strong @ it is absorbed fast @ offer it without scent @ dislikes the strong smell
lunch box @ the sauce leaks out @ it fits into any bag @ fit a rubber seal @ reports that sauce leaks out
smart lamp @ it loses the wifi @ the colours are lovely @ add a plain switch @ is bothered by lost wifi
travel pillow @ it gets too warm @ it folds up small @ use cotton instead of foam @ finds it too warm
bank website @ the login takes forever @ transfers are simple @ allow a fingerprint login @ complains about the \
slow login
budget hotel @ the walls are thin @ the beds are great @ hand out ear plugs @ mentions the thin walls
cold coffee can @ there is too much sugar @ the design is cool @ bring out an unsweetened one @ finds it too sugary
hiking boots @ the laces come undone @ they keep feet dry @ use flat laces @ says the laces come undone
dish soap @ the bottle is hard to squeeze @ one drop is enough @ sell refill bags @ cannot squeeze the bottle easily
puzzle game @ the adverts never stop @ the levels are clever @ offer a paid version @ is fed up with adverts
""")
GROUP = """
MOD: [So,|OK,] [let's|shall we] talk about the {thing}. [First impressions|What did you think]?
A: [Honestly|Well|I mean], {bad}. [That put me off.|I stopped using it after {weeks} weeks.|]
?MOD: [Mm.|Interesting.|Anyone else]?
B: [Really? For me|I disagree,|Oh,] {good}.
?C: [Same here|Yes|I'd agree with that], [I like that too|totally].
?A: [Sure, but|Fine, yet] [it is|that's] not enough [for me|].
MOD: [What would you|How much would you] pay for it?
C: [Not more than|Up to|At most] {price} euros.
?B: [I'd pay more|For me even more|Depends on the shop].
MOD: [And what should they change|Any ideas for the makers|One wish]?
D: [They should|I'd say they should|My wish:] {idea}.
?C: [Oh yes|Good one|Nice idea].
?MOD: [Thank you|Great, thanks], [let's move on|that was helpful].
"""
GROUP_FRAMES = [
    "[The group discusses the {thing}|Participants [talked about|rated] the {thing}|Topic: {thing}].",
    "~[{A} {bad_long}|For {A}, the main drawback is that {bad}|{A} criticises that {bad}][, while "
    "{B} likes that {good}|. {B} "
    "praises that {good}| but {B} disagrees].",
    "?~[{C} would pay [up to|no more than] {price} euros|The fair price is {price} euros for "
    "{C}|{C} names {price} euros].",
    "~[{D} suggests that the makers {idea}|{D} wants them to {idea}|Suggestion of {D}: {idea}|They "
    "could {idea}, says {D}].",
    "?[{C} agrees with {B}|{A} is not convinced|The mood is mixed|Opinions differ].",
]


def focus_group(chance: random.Random) -> Row:
    """Focus groups with times before the speaker codes P1 to P6, which the summaries use as well."""
    facts = record(chance, TRIALS, "thing bad good idea bad_long")
    codes = [f"P{count}" for count in chance.sample(range(1, 7), 4)]
    facts |= dict(zip("ABCD", codes, strict=True)) | {"MOD": "MOD"}
    facts |= {"price": number(chance, 2, 90), "weeks": number(chance, 2, 6)}
    second = chance.randint(5, 2000)
    lines: list[str] = []
    for key, text in turns(chance, GROUP, facts):
        second += chance.randint(2, 25)
        lines.append(f"[{second // 60:02d}:{second % 60:02d}] {facts[key]}: {text}")
    wrong = slip(chance, facts, {"A": "B", "C": "D", "price": None})
    reference, prediction = pair(chance, GROUP_FRAMES, facts, wrong)
    return {"dialogue": "\n".join(lines), "reference": reference, "prediction": prediction}
