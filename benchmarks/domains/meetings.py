"""Meetings: minutes with Markdown bullets, and lists of action items with owners and dates."""

from random import Random

from .common import MONTHS, WORKDAYS, Row, cast, column, facts, listed, pick, say, slip, table, talk, triple

TOPICS = table("""
the office move ~ the lease ends in {mon} and the new floor isn't painted yet
    ~ <lease ends|lease runs out> in {mon}, new floor not painted ~ get a second quote for the painters
    ~ <second painter quote|another quote from painters>
the website relaunch ~ the texts are ready but the photos are missing
    ~ texts <ready|done>, photos <missing|outstanding> ~ book the photographer ~ <book|hire> the photographer
the budget ~ we are {pct} percent over plan because of travel ~ {pct}% over <plan|budget> <due to|because of> travel
    ~ freeze all trips until the end of the quarter ~ <travel frozen|no trips> until <end of quarter|quarter end>
hiring ~ we had {num} applications and only two good ones ~ {num} applications, <two|only two> suitable
    ~ invite both candidates ~ invite <both|the two> candidates
the summer party ~ the river terrace is free but there is no roof ~ river terrace <available|free>, no roof
    ~ reserve it and rent a tent ~ <reserve terrace, rent a tent|terrace plus rented tent>
the customer survey ~ {num} people answered and most complain about waiting times
    ~ {num} <answers|responses>, waiting times <criticised|main complaint> ~ show the results to the support team
    ~ <share|present> results with support
the trade fair ~ our booth is booked but the flyers are from last year
    ~ booth booked, flyers <outdated|from last year> ~ reprint the flyers ~ <reprint|new print of> flyers
parking ~ there are {num} people for ten spaces ~ {num} people <for|sharing> ten spaces ~ try a rota for a month
    ~ <rota|rota trial> for one month
the new CRM ~ the import lost {num} contacts ~ import lost {num} contacts ~ ask the vendor for a second run
    ~ <vendor to repeat import|second import by the vendor>
data protection ~ the audit is in {mon} and half the forms are unsigned
    ~ audit in {mon}, half <the|of the> forms unsigned ~ send reminders to everybody
    ~ <send reminders|remind everybody>
the canteen ~ the caterer wants {pct} percent more ~ caterer <wants|asks for> {pct}% more ~ compare two other offers
    ~ <compare|obtain> two other offers
the newsletter ~ the open rate fell to {pct} percent ~ open rate <down to|fell to> {pct}%
    ~ test shorter subject lines ~ <test|try> shorter subject lines
the warehouse ~ {num} pallets were damaged by the leak ~ {num} pallets <damaged|lost> in the leak
    ~ file it with the insurance ~ <report to|claim with> the insurance
training ~ only {pct} percent finished the safety course ~ {pct}% <finished|completed> the safety course
    ~ extend the deadline by two weeks ~ deadline <extended|moved> by two weeks
the volunteers ~ we need {num} more helpers for the marathon ~ {num} more helpers needed for the marathon
    ~ ask the rowing club ~ <ask|approach> the rowing club
the logo ~ the designer sent three drafts and nobody likes the green one
    ~ three drafts, green one <rejected|disliked> ~ vote by email ~ <vote by email|email vote>
""")


def _agenda(c: Random, count: int) -> list[dict[str, str]]:
    """Slots of some distinct topics, with their numbers filled in."""
    out = []
    for line in c.sample(TOPICS, count):
        nums = {"mon": pick(c, MONTHS), "pct": str(c.randrange(4, 60)), "num": str(c.randrange(11, 95))}
        out.append({**nums, **dict(zip(["topic", "state", "note", "does", "todo"], line, strict=True))})
    return out


def minutes_bullets(c: Random) -> Row:
    """Committee meetings summarised as minutes with a Markdown heading per topic and bullets below."""
    people, ref, pred, turns = cast(c, "ABC"), [], [], []
    chair = {**people, "day": pick(c, WORKDAYS)}
    turns.append(talk(c, chair, "A: <Let's start.|Shall we begin?|OK, welcome everybody.> <We have a full agenda.|>"))
    for item in _agenda(c, c.randrange(2, 5)):
        s = {**chair, **item, "who": pick(c, [people["B"], people["C"]]), "by": pick(c, WORKDAYS)}
        s["X"], s["Y"] = (s["B"], s["C"]) if c.random() < 0.5 else (s["C"], s["B"])
        script = """
            A: <Next|Now|First or next, as you like,> {topic}. <{X}, any news|Where are we, {X}|{X}>?
            X: <Well|So|Right>, {state}.
            ?Y: <Again|Really|Oh no|I was afraid of that>?
            +X: <I'm afraid so|Yes|It is what it is>.
            Y: <I suggest we|Then we should|We could just|Let's> {does}.
            A: <Agreed|Good idea|Everyone OK with that? Fine>. {who}, <can you do that|please take care of it> by {by}?
            ?who: <Sure|Will do|OK|I'll try>.
        """.replace("First or next, as you like,", "Moving on:")
        turns.append(talk(c, s, script))
        parts = ["?{note}", "<decision: |agreed: |||>{todo} <({who})|({who}, {by})|– {who} by {by}|>"]
        parts.append("?<raised by {Y}|{X} reported|proposal by {Y}|report: {X}>")
        wrong = slip(c, s, {"who": [people["B"], people["C"]], "by": WORKDAYS, "pct": ["35"], "num": ["20"]}, 0.04)
        ref.append(say(c, "**{^topic}**\n", s) + "\n" + listed(facts(c, s, parts)))
        pred.append(say(c, "**{^topic}**\n", s) + "\n" + listed(facts(c, wrong, parts, miss=0.03)))
    turns.append(talk(c, chair, "?A: <Thanks everybody|That's it>. <Next meeting|See you> on {day}."))
    return triple("\n".join(t for t in turns if t), "\n\n".join(ref), "\n\n".join(pred))


JOBS = table("""
send the revised contract to the client ~ <send|email> revised contract to <client|the client>
call the venue about the stairs ~ <call|ring> venue about <stairs|the stairs>
write the press release ~ <write|draft> press release
update the price list ~ update <price list|the price list>
order more toner ~ order <toner|more toner>
check the insurance ~ check <insurance|insurance cover>
book the train tickets ~ book <train tickets|trains>
clean up the shared folder ~ <clean up|tidy> shared folder
prepare the slides for the board ~ <prepare|make> slides for <board|the board>
test the new form on a phone ~ test <new form|form> on <a phone|mobile>
ask legal about the logo ~ <ask|check with> legal about <logo|the logo>
get three quotes for the roof ~ get three <quotes for the roof|roof quotes>
invite the speakers ~ invite <speakers|the speakers>
collect the feedback forms ~ collect <feedback forms|feedback>
renew the domain ~ renew <domain|the domain>
translate the manual ~ translate <manual|the manual>
find a substitute for the Saturday shift ~ find <substitute|cover> for <Saturday shift|the Saturday shift>
count the stock ~ <count stock|stock count>
fix the broken link on the homepage ~ fix <broken link|link> on <homepage|the homepage>
pay the caterer ~ pay <caterer|the caterer>
draft the agenda ~ draft <agenda|the agenda>
report the numbers to finance ~ <report|send> numbers to finance
""")


def action_items(c: Random) -> Row:
    """Team calls summarised only as a checklist of action items with owner and due day."""
    people, ref, pred = cast(c, "ABC"), [], []
    turns = [talk(c, people, "A: <Quick round?|Let's go through the list.|OK, who does what?>")]
    for number, job in enumerate(c.sample(JOBS, c.randrange(2, 6))):
        s = {**people, "job": job[0], "todo": job[1], "by": pick(c, [*WORKDAYS, "tomorrow", "the 15th", "month end"])}
        s["X"] = pick(c, [people["B"], people["C"], people["A"]] if number else [people["B"], people["C"]])
        s["Y"] = people["A"] if s["X"] != people["A"] else people["B"]
        script = pick(
            c,
            [
                "Y: <Somebody has to|Someone needs to|We still have to> {job}.\n"
                "X: <I can do that|I'll take it> by {by}.",
                "Y: {X}, <can you|would you> {job}?\n?X: <When do you need it|Until when>?\n+Y: {by}, if possible.\n"
                "X: <Sure|Fine|No problem>, {by}<| it is>.",
                "X: I'll {job} by {by}.\n?Y: <Great|Perfect|Thanks>.",
            ],
        )
        turns.append(talk(c, s, script))
        wrong = slip(c, s, {"X": [people["B"], people["C"]], "by": WORKDAYS, "todo": column(JOBS, 1)}, 0.03)
        form = "- [ ] {X}: {todo} <by {by}|({by})|by {by}>"
        ref.append(say(c, form, s))
        if c.random() > 0.02 or not pred:
            pred.append(say(c, form, wrong))
    turns.append(talk(c, people, "?A: <Great, thanks all|That's all|Good, bye>."))
    return triple("\n".join(t for t in turns if t), "\n".join(ref), "\n".join(pred))
