"""Consultations as key: value lines, and Spanglish family chats in the second person."""

import random

from .common import Row, number, pair, record, records, slip, turns, values

ILLS = records("""
[pain|ache] in the left knee @ [climbing stairs|walking upstairs] @ [bruised meniscus|torn meniscus suspected] \
@ [MRI|scan]
[headache|pounding head] @ [bright light|strong light] @ migraine @ [headache diary|keep a diary]
[dry cough|cough without mucus] @ [lying down|bed time] @ [viral bronchitis|bronchitis] @ [inhale steam|steam \
twice a day]
[itchy rash|itching] on both arms @ [a new detergent|another washing powder] @ contact [dermatitis|allergy] @ \
[cream|ointment]
[heartburn|acid reflux] @ [late meals|eating at night] @ [reflux|mild reflux] @ [raise the bed|sleep with head raised]
[dizziness|feeling dizzy] @ [standing up fast|getting up] @ low blood pressure @ [drink more|two litres of water a day]
[lower back pain|pain in lower back] @ [lifting boxes|heavy lifting] @ [muscle strain|pulled muscle] @ \
[physio|exercises]
[sore throat|painful swallowing] @ [cold drinks|swallowing] @ tonsillitis @ [antibiotics|penicillin]
[ringing in the ear|tinnitus] @ [loud music|a concert] @ [noise damage|acoustic trauma] @ [hearing test|audiogram]
[swollen ankle|ankle swelling] @ [a fall while running|jogging accident] @ [sprain|sprained ankle] @ [ice and rest|rest]
[poor sleep|insomnia] @ [shift work|night shifts] @ [sleep disorder|circadian problem] @ [sleep hygiene|no \
screens at night]
[burning eyes|red eyes] @ [screen work|long hours at the screen] @ dry eyes @ [eye drops|artificial tears]
[numb fingers|tingling fingers] @ [typing|computer work] @ carpal tunnel @ [night splint|wrist splint]
[stomach cramps|belly cramps] @ [milk|dairy products] @ lactose intolerance @ [breath test|H2 test]
[chest tightness|tight chest] @ [cold air|running in winter] @ [asthma|mild asthma] @ [spray|inhaler]
[toothache|pain in a molar] @ [sweet food|sugar] @ [cavity|tooth decay] @ [filling|dentist for filling]
[stiff neck|neck stiffness] @ [sleeping in a draught|a night on the sofa] @ [tension|tight muscles] @ [heat|warm packs]
[tiredness|fatigue] @ [afternoons|the hours after lunch] @ [iron deficiency|low iron] @ [iron tablets|iron, 100 mg]
[hair loss|losing hair] @ [stress|a stressful year] @ [thyroid suspected|possible thyroid issue] @ [blood test|TSH test]
[heel pain|sore heel] @ [first steps in the morning|getting out of bed] @ [heel spur|plantar fasciitis] @ \
[insoles|shoe inserts]
""")
DRUGS = values("""
ibuprofen; metoprolol; insulin; eye drops; aspirin; the pill; pantoprazole; vitamin D; an antihistamine; ramipril
a statin; paracetamol; magnesium; St John's wort; a nasal spray; metformin; zinc; melatonin; cortisone cream
""")
VISIT = """
Dr: [Good morning|Hello|Come in, please]. [What brings you here?|How can I help?|What is the matter?]
Pt: [Well,|Doctor,|It's] {ill}, for [about|some|roughly] {span} [now|]. [It gets worse.|It comes and goes.|]
Dr: [When is it worst?|Does anything trigger it?|What sets it off?]
Pt: [Mostly|Mainly|I think] {trigger}. [At night it is fine.|My {kin} noticed it too.|]
?Dr: [Any fever?|Have you lost weight?|Any allergies?|Do you smoke?]
&Pt: [No.|A little.|Not that I know of.|I stopped in {year}.]
Dr: [Do you take any medicine?|Any drugs at the moment?|Which medication are you on?]
Pt: [{drug}|{drug}, I think|Just {drug}|{drug}, as always].
?Dr: [Let me have a look. Does this hurt?|Please breathe in.|Blood pressure is {bp}.]
&Pt: [Ow!|OK.|Is that good?]
Dr: [I think this is|That looks like|This sounds like] {finding}. [My suggestion:|I would start with|We'll do] {plan}.
?Pt: [Is it serious?|Can I work?|How long will it take?]
&Dr: [Nothing dramatic.|Yes, but take breaks.|Give it {weeks} weeks.]
Dr: [See me again|Come back|Please come again] in {weeks} weeks.
"""
VISIT_FRAMES = [
    "Complaint: [{ill}|{ill} for {span}|{ill} ({span})|{span} of {ill}]",
    "Trigger: [{trigger}|mostly {trigger}|worse with {trigger}|{trigger} reported by patient]",
    "Medication: [{drug}|takes {drug}|{drug} at present|currently {drug}]",
    "Assessment: [{finding}|likely {finding}|{finding} suspected|signs of {finding}]",
    "Plan: [{plan}|{plan}, review|start with {plan}|{plan}; patient informed]",
    "Follow-up: [{weeks} weeks|in {weeks} weeks|after {weeks} weeks|return in {weeks} wk]",
]


def clinic_keys(chance: random.Random) -> Row:
    """Consultations summed up as lines of keys and values."""
    facts = record(chance, ILLS, "ill trigger finding plan") | {"drug": chance.choice(DRUGS)}
    facts |= {
        "span": f"{chance.randint(2, 9)} {chance.choice(('days', 'weeks', 'months'))}",
        "weeks": number(chance, 2, 12),
    }
    facts |= {"kin": chance.choice(("wife", "husband", "son", "sister")), "year": number(chance, 1996, 2022)}
    facts |= {"bp": f"{chance.randint(105, 165)} over {chance.randint(65, 99)}"}
    who = chance.choice(({"Dr": "Dr", "Pt": "Pt"}, {"Dr": "DOCTOR", "Pt": "PATIENT"}, {"Dr": "D", "Pt": "P"}))
    dialogue = "\n".join(f"{who[key]}: {text}" for key, text in turns(chance, VISIT, facts))
    wrong = slip(chance, facts, {"drug": DRUGS, "span": None, "weeks": None})
    reference, prediction = pair(chance, VISIT_FRAMES, facts, wrong, joiner="\n")
    return {"dialogue": dialogue, "reference": reference, "prediction": prediction}


KIN = values("""
Tía Rosa; Abuela; Marisol; Chuy; Primo Beto; Lupita; Mami; Tío Nacho; Yesenia; Diego; Pati; Don Ramón; Camila; Güero
Nena; Rafa; Papi; Xiomara; Toño; Leti; Comadre Elsa; Mateo; Valeria; Padrino Luis; Isa; Memo
""")
PLANES = records("""
la quinceañera @ el DJ canceló last minute @ the DJ [cancelled|pulled out] @ call another DJ
el baby shower @ no hay espacio en la casa @ the house is [too small|not big enough] @ rent the church hall
la carne asada @ se acabó el carbón @ [there is no charcoal left|the charcoal ran out] @ stop at the store
Thanksgiving @ el horno no prende @ the oven [does not work|will not turn on] @ borrow an oven
el bautizo @ el padre está enfermo @ the priest is [sick|ill] @ move it to another church
the road trip @ la camioneta tiene un ruido @ the truck makes a [noise|strange sound] @ take it to the mechanic
la mudanza @ nadie tiene truck @ nobody has a [truck|pickup] @ ask the neighbor for his van
graduation @ solo dan cuatro tickets @ there are [only four|no more than four] tickets @ watch the livestream
las posadas @ va a llover all week @ [rain is expected|it is going to rain] @ put up a tent
the birthday @ el pastel salió quemado @ the cake [got burned|is burnt] @ order one at the bakery
el partido @ perdí las entradas @ the tickets are [lost|gone] @ watch it on TV
the wedding @ el vestido no me queda @ the dress [does not fit|is too tight] @ see the seamstress
la tamalada @ falta masa @ [there is not enough dough|dough is missing] @ get more masa
the yard sale @ the permit se venció @ the permit [expired|has run out] @ renew it online
el viaje a Puebla @ los vuelos están carísimos @ flights are [too expensive|very pricey] @ fly from another airport
movie night @ el internet anda bien slow @ the internet is [slow|weak] @ rent a DVD
la clase de zumba @ la maestra se lastimó @ the teacher [got hurt|is injured] @ follow a video
the garage project @ se rompió el taladro @ the drill [broke|is broken] @ lend a drill
""")
FAMILY = [
    """
A: [Oye|Hey|Mira], [malas noticias|bad news] about {event}: {bad} [😩|🙄|]
Me: [Ay no|Really?|No me digas]! [What happened?|¿Y ahora?|So what now?]
?B: [Pues ni modo|It happens|Qué lástima]
B: [Yo puedo|I can] {fix} [si quieren|no problem|mañana]
?A: [Gracias|Thanks] {B}, [te debo una|you're the best]
Me: [Okay|Bueno|Perfecto], [entonces|then] we meet [el|on] {day} a las {t}, [¿va?|right?]
A: [Sale|Sí|Órale], [y trae|please bring] {thing}
Me: [Claro|Sure thing|Ya sabes]
""",
    """
Me: [¿Qué onda|What's up|Any news] con {event}?
B: [Fíjate que|Well,] {bad}
?A: [Otra vez|Not again|Ya lo sabía] 😅
Me: [So what do we do?|¿Y qué hacemos?|Can somebody help?]
B: [I'll|Voy a] {fix}, [no te preocupes|don't worry]
A: [Y tú|And you] bring {thing}, [por fa|okay]?
Me: [Sí|Yes], [ahí estaré|I'll be there] {day} at {t}
""",
]
FAMILY_FRAMES = [
    "[You learn from {A} that {bad_long}|You talk about {event} because {bad_long}|{bad_long}, so {event} is at risk].",
    "~[{B} will {fix} for you|{B} offers to {fix}|Luckily for you, {B} wants to {fix}].",
    "[You [all meet|have to be there] on {day} at {t}|{day} at {t} works for you|Your plan is {day}, {t}].",
    "?~[You should bring {thing}|{A} asks you for {thing}|Do not forget {thing}].",
]


def spanglish_family(chance: random.Random) -> Row:
    """Family chats that switch between English and Spanish, summed up for the owner of the phone as "you"."""
    facts = record(chance, PLANES, "event bad bad_long fix")
    facts |= dict(zip("AB", chance.sample(KIN, 2), strict=True)) | {"Me": "Me"}
    days = values("Friday; Saturday; Sunday; Monday; Thursday")
    things = values("""
    the ice chest; la bocina; napkins; tortillas; the folding chairs; las sodas; your charger; el pan dulce; the piñata
    salsa verde; plates; the blue tablecloth; limones; your dancing shoes; la guitarra; the big pot; flowers; the camera
    """)
    facts |= {"day": chance.choice(days), "t": f"{chance.randint(1, 9)}{chance.choice(('', ':30', ''))}"}
    facts["thing"] = chance.choice(things)
    dialogue = "\n".join(f"{facts[key]}: {text}" for key, text in turns(chance, chance.choice(FAMILY), facts))
    wrong = slip(chance, facts, {"day": days, "A": "B", "t": None, "thing": things})
    reference, prediction = pair(chance, FAMILY_FRAMES, facts, wrong)
    return {"dialogue": dialogue, "reference": reference, "prediction": prediction}
