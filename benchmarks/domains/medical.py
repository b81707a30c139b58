"""Clinics: SOAP notes of a general practice, and intake calls of a law office with anonymised tokens."""

from random import Random

from .common import Row, cast, column, digits, entry, facts, pick, prose, slip, table, talk, triple

ILLS = table("""
a sore throat ~ sore throat ~ red and your tonsils are swollen
    ~ pharynx <red|erythematous>, tonsils <swollen|enlarged> ~ tonsillitis
    ~ <tonsillitis, likely viral|viral tonsillitis> ~ paracetamol and plenty of fluids
    ~ <paracetamol, fluids|fluids and paracetamol>
lower back pain ~ <LBP|low back pain> ~ tender on the right, but your reflexes are fine
    ~ <tender|tenderness> R lumbar, reflexes <normal|intact> ~ a muscle strain
    ~ <lumbar strain|mechanical back pain> ~ ibuprofen and gentle walking
    ~ <ibuprofen, gentle walking|NSAID, keep walking>
an itchy rash on my arms ~ <itchy rash|pruritic rash> both arms ~ dry with some scratch marks
    ~ dry <patches|plaques> with excoriations ~ eczema ~ <atopic eczema|eczema flare> ~ a mild steroid cream
    ~ <hydrocortisone cream|mild topical steroid>
a burning feeling when I pee ~ <dysuria|burning on urination> ~ positive for nitrites, the dipstick
    ~ <dipstick|urine dip> positive for nitrites ~ a bladder infection ~ <UTI|uncomplicated UTI>
    ~ nitrofurantoin for five days ~ nitrofurantoin <x5 days|for 5 days>
headaches behind my eyes ~ <headache|retro-orbital headache> ~ tender over the sinuses
    ~ <sinuses tender|tender over sinuses>, neuro exam normal ~ sinusitis ~ <acute sinusitis|sinusitis>
    ~ a saline rinse and a nasal spray ~ <saline rinse, nasal spray|nasal steroid spray, saline rinse>
heartburn at night ~ <heartburn|reflux symptoms> at night ~ soft, just a bit tender up here
    ~ abdomen soft, <mild|slight> epigastric tenderness ~ acid reflux ~ <GERD|GORD> ~ omeprazole for four weeks
    ~ omeprazole <x4 weeks|for 4 weeks>
a twisted ankle ~ <twisted ankle|ankle injury>, <left|L> ~ swollen, but you can bear weight
    ~ <swelling|swollen> lateral malleolus, weight bearing ~ a sprain ~ <ankle sprain|sprained ankle>
    ~ rest, ice and an elastic bandage ~ <rest, ice, compression|RICE, bandage>
a cough that won't go away ~ <persistent cough|cough> ~ clear, your lungs ~ <chest|lungs> clear ~ a post-viral cough
    ~ <post-viral cough|cough after viral infection> ~ honey and no smoking
    ~ <honey, stop smoking|smoking cessation advice, honey>
feeling dizzy when I stand up ~ dizziness <on standing|when standing up>
    ~ dropping when you stand, your blood pressure ~ <postural BP drop|BP falls on standing>
    ~ low blood pressure from the water tablets ~ <orthostatic hypotension|postural hypotension>
    ~ half the dose of the diuretic ~ <halve diuretic|diuretic reduced by half>
an earache ~ <ear pain|otalgia>, right ~ bulging, the right eardrum ~ R eardrum <bulging|red and bulging>
    ~ an ear infection ~ <otitis media|acute otitis media> ~ amoxicillin for a week
    ~ amoxicillin <x7 days|for 7 days>
tingling in my fingers at night ~ <tingling|paraesthesia> of fingers at night ~ positive when I tap the wrist
    ~ Tinel's sign <positive|+ve> ~ carpal tunnel syndrome ~ <carpal tunnel|carpal tunnel syndrome>
    ~ a wrist splint at night ~ <night splint|wrist splint at night>
trouble sleeping ~ <insomnia|poor sleep> ~ normal, and your thyroid test was fine
    ~ exam <normal|unremarkable>, TSH normal ~ stress-related insomnia ~ <insomnia|insomnia, stress-related>
    ~ sleep hygiene and a course online ~ <sleep hygiene, online CBT|online CBT-I, sleep hygiene>
a stiff knee in the mornings ~ <knee stiffness|stiff knee>, worse in a.m. ~ creaking a little but stable
    ~ <crepitus|knee crepitus>, stable ~ osteoarthritis ~ <knee OA|osteoarthritis of the knee>
    ~ physiotherapy and weight loss ~ <physio, weight loss|physiotherapy, weight reduction>
watery eyes and sneezing ~ <sneezing, watery eyes|watery eyes, sneezing> ~ pale and swollen inside the nose
    ~ nasal mucosa <pale|pale, swollen> ~ hay fever ~ <allergic rhinitis|hay fever> ~ cetirizine once a day
    ~ cetirizine <od|once daily>
""")


def soap_notes(c: Random) -> Row:
    """Doctor's visits summarised as four-line SOAP notes with clinical abbreviations."""
    s = {**cast(c, "AB"), **entry(c, "said s look o name a advice p", ILLS)}
    s["dx"] = s["a"]  # the slot a holds the finding's abbreviation; A and B are the speakers
    s |= {"B": f"Dr {s['Blast']}", "A": pick(c, ["Patient", s["A"]])}
    s |= {"days": str(c.randrange(2, 22)), "sys": str(c.randrange(108, 158)), "dia": str(c.randrange(64, 96))}
    s |= {"temp": f"{c.randrange(362, 389) / 10}", "weeks": str(c.randrange(1, 7)), "scale": str(c.randrange(2, 9))}
    allergy = pick(c, ["", "", "penicillin", "latex", "nuts", "ibuprofen", "dust mites"])
    s["allsay"] = f"Yes, {allergy}." if allergy else "<No|None that I know of>."
    s["all"] = f"<Allergy|allergic to>: {allergy}" if allergy else "<NKDA|no known allergies>"
    s["feversay"] = pick(c, ["<No fever|I measured, no fever>", "I felt hot <at night|on the first day>"])
    s["fever"] = "no fever" if "o fever" in s["feversay"] else "<subjective fever|felt feverish>"
    script = """
        B: <Good morning|Hello|Come in, please>. What brings you in<| today>?
        A: I've had {said} for <about|the last> {days} days<| now>.
        B: <How bad is it from 1 to 10|On a scale to ten, how bad>?
        A: <I'd say|Maybe> {scale}. {feversay}.
        ?A: <I tried some tea|My wife said I should come|I searched the internet and got worried>.
        +B: <I see|Good that you came|Right>.
        B: Any allergies?
        A: {allsay}
        B: <Let me have a look|I'll examine you>. Temperature {temp}, blood pressure {sys} over {dia}. It's {look}.
        ?A: <Is it serious|Should I be worried>?
        B: <It's|This looks like> {name}. I'd recommend {advice}. <See me|Come back> in {weeks} weeks if needed.
        A: <Thank you, doctor|OK, thanks|Will do>.
    """
    notes = [
        "S: {s} <x{days} days|for {days} days|since {days} d>, "
        "<{scale}/10, |severity {scale}/10, ||>{fever}<. {^all}.|.>",
        "O: <T {temp}, BP {sys}/{dia}. |BP {sys}/{dia}. |Temp {temp}. |>{^o}.",
        "A: {^dx}.",
        "P: {^p}. <F/u|Review|RTC> <in {weeks} weeks|{weeks}/52|{weeks} wk> <if no better|if not improving|prn>.",
    ]
    pools = {"days": [digits(c, 1)], "weeks": ["2", "3", "4"], "dx": column(ILLS, 5), "p": column(ILLS, 7)}
    wrong = slip(c, s, pools)
    return triple(talk(c, s, script), "\n".join(facts(c, s, notes)), "\n".join(facts(c, wrong, notes)))


SUITS = table("""
I was let go after I told them I'm pregnant ~ was <dismissed|fired> after <announcing|disclosing> a pregnancy
    ~ the dismissal letter ~ employment
my landlord kept my deposit ~ says the landlord <kept|withheld> the deposit ~ the lease and photos of the flat
    ~ tenancy
a van hit my bike at a crossing ~ was hit by a van while <cycling|riding a bike> ~ the police report ~ personal injury
my brother left me out of our father's estate ~ was <excluded|left out> from the father's estate by a sibling
    ~ the will ~ inheritance
my ex won't let me see the kids ~ is <denied|refused> contact with the children by the former partner
    ~ the custody order ~ family
the builder took the money and never finished ~ paid a builder who <never finished|abandoned> the work
    ~ the contract and bank transfers ~ contract
they won't pay my overtime ~ is owed <overtime|unpaid overtime> ~ the time sheets ~ employment
I slipped on a wet floor in a supermarket ~ <slipped|fell> on a wet supermarket floor ~ the accident report
    ~ personal injury
my visa extension was refused ~ had a visa extension <refused|rejected> ~ the refusal letter ~ immigration
my neighbour built a fence on my land ~ <claims|says> the neighbour's fence stands on the client's land
    ~ the site plan ~ property
someone copied my photographs for an advert ~ found photographs <copied|used> in an advert without consent
    ~ the original files ~ copyright
the airline cancelled our flight and won't refund it ~ was refused a refund for a cancelled flight
    ~ the booking confirmation ~ consumer
the used car I bought broke down after a week ~ bought a used car that <broke down|failed> after a week
    ~ the sales contract ~ consumer
I'm being chased for a debt that isn't mine ~ is <pursued|chased> for a debt <of someone else|that is not theirs>
    ~ the collection letters ~ debt
the hospital mixed up my test results ~ <says|reports> the hospital mixed up test results ~ the medical records
    ~ medical negligence
my boss reads my private messages ~ <says|reports> that a manager reads private messages ~ screenshots ~ privacy
my insurance won't cover the water damage ~ was <denied|refused> cover for water damage ~ the policy ~ insurance
I got a fine for a car I sold in spring ~ was fined for a car <already sold|sold earlier> ~ the sale receipt ~ traffic
""")


def legal_intake(c: Random) -> Row:
    """Intake calls of a law office, anonymised with tokens such as [NAME] in all three columns."""
    s = {**entry(c, "said claim proof field", SUITS), "A": "[CLIENT]", "B": "[PARALEGAL]"}
    s |= {"mon": pick(c, ["1 month", "2 months", "3 weeks", "6 weeks", "4 months", "half a year", "10 days"])}
    s |= {"witness": pick(c, ["a colleague", "a neighbour", "the sister", "nobody", "a passer-by", "the partner"])}
    s |= {"fee": pick(c, ["90", "120", "150", "180", "200", "240", "75"]), "way": pick(c, ["video", "phone"])}
    s |= {"goal": pick(c, ["compensation", "a settlement", "legal advice", "a formal letter", "an apology"])}
    s["wsay"] = "<No, nobody|No>." if s["witness"] == "nobody" else "Yes, {witness}, [NAME]."
    s["wit"] = "<{witness} [NAME]|[NAME] ({witness})> <can testify|is a witness>"
    if s["witness"] == "nobody":
        s["wit"] = "<there are no witnesses|no witness>"
    s["warned"] = pick(c, ["", "I also wrote to them on [DATE] but heard nothing."])
    s["warn"] = "<a letter of [DATE] was not answered|there was no reply to a letter of [DATE]>" if s["warned"] else ""
    script = """
        B: <Law office of [ORG]|[ORG], good morning>, [NAME] speaking. How can I help you?
        A: <Hello, my name is [NAME]|Hi, this is [NAME]>. {^said}. <That was|It happened> {mon} ago, in [LOCATION].
        B: I'm sorry to hear that. <What do you have in writing|Do you have any documents>?
        A: I <have|kept> {proof}.
        A: {warned}
        B: <Are there any witnesses|Did anybody see it|Can anyone confirm that>?
        A: {wsay}
        B: And what would you like to achieve?
        A: <I'm hoping for|I'd like|Ideally> {goal}.
        ?A: <How much does it cost|I'm a bit worried about costs>, to be honest<?|.>
        +B: <That depends|I understand>, but the first consultation has a fixed price.
        B: [NAME] does our {field} cases. A first consultation by {way} is {fee} euros. Would [DATE] at [TIME] suit you?
        A: <Yes, that's fine|[DATE] works>. My number is [PHONE]<, email [EMAIL]|>.
    """
    notes = [
        "[CLIENT] {claim}<; it happened {mon} ago| ({mon} ago)|; that was {mon} ago in [LOCATION]>",
        "?<evidence: {proof}|the client <has|holds> {proof}|{proof} can be provided>",
        "?{wit}",
        "?{warn}",
        "<the client|[CLIENT]> <wants|seeks|is looking for> {goal}",
        "<first consultation|a {way} consultation|consultation by {way}> <with [NAME]|> <on|booked for> [DATE]"
        " <at [TIME]|at [TIME] for {fee} euros|({fee} euros)>",
    ]
    wrong = slip(c, s, {"mon": ["1 month", "5 weeks"], "goal": ["a refund", "compensation"], "fee": ["100", "250"]})
    return triple(talk(c, s, script), prose(facts(c, s, notes)), prose(facts(c, wrong, notes, miss=0.12)))
