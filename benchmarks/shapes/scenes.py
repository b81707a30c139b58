"""Interviews with Q and A, and scenes of plays with stage directions."""

import random

from .common import CITIES, NAMES, Row, capital, fill, number, pair, record, records, slip, tidy, turns, values

JOBS = records("""
baker @ [getting up at two|the early hours] @ my hands were never cold @ the smell of the first loaves
lighthouse keeper @ [the loneliness|being alone] in winter @ I learned to read the sky @ the light on the snow
tram driver @ drunk passengers at night @ I knew every corner of the city @ the bell at the depot
midwife @ the long bicycle rides @ I was there when whole families began @ the first cry
typesetter @ the lead in the air @ I could read upside down @ the noise of the presses
shepherd @ the wolves @ nobody told me what to do @ the lambs in March
telephone operator @ the headaches @ we heard all the secrets @ the songs on the night shift
miner @ the dust @ we trusted each other with our lives @ the daylight after a shift
seamstress @ the poor light @ I made my own wedding dress @ the silk from Lyon
ferry captain @ the fog @ the river was different every day @ the children waving
school teacher @ the cold classrooms @ pupils still greet me in the street @ the last day before summer
fisherman @ [the storms|the storms in autumn] @ you are your own master @ the harbour at dawn
postwoman @ the dogs @ people waited for me at the gate @ the letters from overseas
watchmaker @ the strain on the eyes @ time stood still in my shop @ the ticking when I unlocked the door
circus acrobat @ the falls @ I saw thirty countries @ the applause in the tent
nurse @ the double shifts @ patients gave me courage @ the quiet corridor at five
carpenter @ the splinters @ my tables are still in use @ the smell of pine
film projectionist @ the heat in the booth @ I saw every film for free @ the dark before the first picture
""")
CHILD = values("""
on a farm with six cows; above my uncle's pub; in two rooms with five brothers; with my grandmother; by the canal
in a railway house; next to the steelworks; on a houseboat; in an orphanage; behind the chemist's shop; in the harbour
with an aunt who sang; in a village without electricity; over a cinema; at the edge of the forest; near the barracks
""")
LEAVE = values("""
the factory closed; my back gave out; the machines came; I fell in love; my mother fell ill; the war started
they cut the line; I turned sixty; I wanted to see more of the world; my daughter was born; the owner died
""")
NOW = values("""
I keep bees; I paint; I teach my grandchildren to swim; I write letters to the paper; I sing in a choir; I grow roses
I repair radios; I read to the blind; I play chess by post; I walk ten miles a day; I learn Italian; I carve spoons
""")
INTERVIEW = """
Q: [Where did you grow up?|Tell me about your childhood.|Where are you from?]
A: [Oh,|Well,|] I [grew up|was raised] {child}, [not far from|near|in] {city}.
?Q: [Were you happy there|Was it a good time]?
&A: [We had little, but yes.|You don't ask that as a child.|Mostly, yes. Hungry at times.]
Q: [And how did you become a|When did you start as a|So you became a] {job}?
A: [I began in|That was in|I started in] {year}. [My father knew someone.|There was a notice in the paper.|Pure \
chance.|]
Q: [What was the hardest part|What was hard about it|Did anything trouble you]?
A: [That would be|I'd say|Always] {hard}. [You never get used to it.|]
Q: [And the good side|What did you like]?
A: [You know,|I always say] {good}. [What I miss is|I still dream of|Sometimes I remember] {miss}.
Q: [Why did you stop|When did it end|How did it end]?
A: [After {years} years|I did it for {years} years, then] {leave}. [So that was that.|]
?Q: [Any regrets|Would you do it again]?
&A: [Not for a second.|Ask my wife.|Tomorrow, if they let me.|One or two, but those stay with me.]
Q: [And today|What do you do now|How do you spend your days]?
A: [Now|These days|Today] {now}. [It keeps me young.|]
"""
INTERVIEW_FRAMES = [
    "[I [grew up|was raised] {child} near {city}|My childhood was spent {child}|Home was near {city}, {child}].",
    "[In {year} I became a {job}|From {year} on I worked as a {job}|I was a {job} for {years} "
    "years|My {years} years as a {job} "
    "began in {year}].",
    "?~[The hardest part was {hard}|What troubled me most was {hard}|I suffered from {hard}].",
    "?~[I was proud that {good}|I liked that {good}|On the good side, {good}].",
    "?~[I miss {miss}|In my dreams there is still {miss}|To this day I think of {miss}].",
    "[I [stopped|gave it up] when {leave}|It ended because {leave}|Then {leave}].",
    "?[Today {now}|These days {now}|Now that I am old, {now}].",
]


def oral_history(chance: random.Random) -> Row:
    """Interviews with Q and A about a working life, summed up in the first person."""
    facts = record(chance, JOBS, "job hard good miss")
    facts |= {"child": chance.choice(CHILD), "leave": chance.choice(LEAVE), "now": chance.choice(NOW)}
    facts |= {"city": chance.choice(CITIES), "year": number(chance, 1938, 1979), "years": number(chance, 7, 41)}
    lines = turns(chance, INTERVIEW, facts)
    gap = chance.choice(("\n", "\n\n"))
    wrong = slip(chance, facts, {"year": None, "years": None, "city": CITIES, "leave": LEAVE})
    reference, prediction = pair(chance, INTERVIEW_FRAMES, facts, wrong)
    dialogue = gap.join(f"{key}: {text}" for key, text in lines)
    return {"dialogue": dialogue, "reference": reference, "prediction": prediction}


SECRETS = records("""
the house @ I sold the house [this morning|on Monday] @ You had no right to sell it @ the deed
the letter @ I burned [your|the] letter before [he|she] could read it @ You read my letters @ an envelope
the ring @ The ring was [never real|a copy] @ I wore a lie for {years} years @ a ring
the boat @ [There is|There was] no boat coming for us @ We waited [all night|here all night] for nothing @ a lantern
the will @ Father left [everything|it all] to the housekeeper @ He would never do that to us @ a folded paper
the train @ I let the train go without me @ You promised you would leave [him|this town] @ a suitcase
the piano @ I cannot play any more @ Your hands are [shaking|trembling] again @ sheet music
the child @ The boy is not [your|his] son @ He has [my|his father's] eyes @ a photograph
the debt @ I owe them {years} thousand by [Friday|midnight] @ And you bet [our|the] farm on a horse @ a purse
the garden @ I buried it under the [pear|apple] tree @ The police are digging [already|there now] @ a spade
the mask @ I was the one behind the mask @ I danced with you [all evening|all the time] @ a mask
the key @ I gave [her|him] the key to the cellar @ Nobody comes back from that cellar @ a key
the medal @ I never fought at the river @ They put up a statue [of you|for you] @ a medal
the wine @ Do not drink the wine @ [It is|It's] the last bottle from our wedding @ a glass
the map @ The map is a forgery @ We dug for {years} weeks @ a map
the wedding @ I will not marry [him|her] tomorrow @ The guests are [already here|at the gate] @ a veil
the mill @ The mill [burned|has burned] down and I lit the match @ Our father built that mill @ a matchbox
the radio @ They [read|called] your name on the radio @ Then it is only [hours|a matter of hours] @ a radio
""")
PLEAS = values("""
Tell me it is not true; Look at me when you speak; Say it again, slowly; I should have known; You always were a coward
I did it for you; There was no other way; Forgive me, if you can; I was so tired of waiting; Nobody must know
Leave before I change my mind; Sit down and drink something; It is too late for that now; I still love you
Then we are both lost; I will go to the magistrate; You are shivering, take my coat; Do not touch me
The dogs have stopped barking; Somebody is at the door; You sound like our mother; I never asked for any of this
""")
MOODS = values("""
quietly; without turning round; laughing; after a pause; to the window; bitterly; rising; whispering; still kneeling
picking up {prop}; dropping {prop}; hiding {prop}; with {prop} in hand; too loudly; half asleep; on the stairs
""")
PLACES = values("""
A kitchen at night; A station platform; The deck of a ship; An attic; A hospital corridor; A vineyard; The chapel
A hotel lobby; A barn; The throne room; A rooftop; A dressing room; The shore; A library; An inn; A cellar
""")


def stage_scene(chance: random.Random) -> Row:
    """Scenes with stage directions, whose summaries quote the lines that matter."""
    one, two = (name.upper() for name in chance.sample(NAMES, 2))
    facts = record(chance, SECRETS, "matter truth reply prop") | {"years": number(chance, 3, 19)}
    pleas = chance.sample(PLEAS, chance.randint(4, 8))
    truth, reply = (capital(tidy(fill(chance, facts[key], facts))) + "." for key in ("truth", "reply"))
    spoken = [(chance.choice((one, two)), plea + chance.choice((".", ".", "!"))) for plea in pleas]
    middle = chance.randint(1, len(spoken) - 1)
    spoken[middle:middle] = [(one, truth), (two, reply)]
    start = (
        f"({chance.choice(PLACES)}. {one.title()} and {two.title()}{chance.choice((', alone', ' at a table', ''))}.)"
    )
    lines = [start]
    for speaker, text in spoken:
        mood = f" ({fill(chance, chance.choice(MOODS), facts)})" if chance.random() < 0.4 else ""
        lines.append(f"{speaker}{mood}: {text}")
        if chance.random() < 0.12:
            lines.append(fill(chance, "([Silence|Thunder|A door slams|Music, far off|They freeze|Pause].)", facts))
    lines.append(
        fill(chance, "([Curtain|Blackout|Lights fade|Exit {who}].)", {"who": chance.choice((one, two)).title()})
    )
    quotes: list[str] = []
    others = [line for line in spoken if line[1] not in (truth, reply)]
    liked = chance.sample(others, 2)
    for lapse in (0.08, 0.15):
        chosen = [line for line in spoken if line[1] in (truth, reply) and chance.random() >= lapse]
        chosen += chance.sample(others, chance.randint(1, 2)) if quotes and chance.random() < 0.8 else liked
        ordered = [line for line in spoken if line in chosen]
        swap = {one: two, two: one} if quotes and chance.random() < 0.06 else {one: one, two: two}
        quotes.append("\n".join(f'{swap[speaker].title()}: "{text}"' for speaker, text in ordered))
    return {"dialogue": "\n".join(lines), "reference": quotes[0], "prediction": quotes[1]}
