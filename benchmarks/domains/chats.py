"""Private chats: flatmates in lower case without full stops, and family groups with emojis."""

from random import Random

from .common import DAYS, HOURS, Row, cast, entry, facts, pick, slip, table, talk, triple

ITEMS = [
    "milk",
    "oat milk",
    "bin bags",
    "washing powder",
    "toilet paper",
    "eggs",
    "pasta",
    "light bulbs",
    "dish soap",
    "coffee",
    "bread",
    "cat food",
    "onions",
    "a new sponge",
    "batteries",
    "olive oil",
    "rice",
    "ice cream",
    "tea",
    "paper towels",
    "a plunger",
    "candles",
]
PLOTS = table("""
my mum is coming on {day}, can u tidy the living room? ~ sure, i'll do it {when}
    ~ {A}'s mum <is coming|visits> on {day} and {B} <will tidy|tidies> the living room {when}
did u pay the electricity? ~ oh no, forgot, doing it {when}
    ~ {B} forgot <to pay the electricity|the electricity bill> and <will pay|pays> it {when}
who ate my lasagna?? ~ {C} i think, saw {Chim} at midnight ~ {B} <thinks {C}|suspects {C}> ate {A}'s lasagna
i lost my key again, can someone let me in at {hr}? ~ i'm home from {hr}, just ring
    ~ {A} lost <the key|{Ahis} key> and {B} will let {Ahim} in at {hr}
the washing machine is making that noise again ~ i'll call the landlord {when}
    ~ the washing machine is noisy <again|> and {B} <will call|calls> the landlord {when}
are we still doing film night on {day}? ~ yes but {C} can't make it
    ~ film night <is on|stays on> {day} but {C} <can't come|won't be there>
i'm having {num} people over on {day}, ok? ~ fine if u finish by {hr}
    ~ {A} <invites|is having> {num} people on {day} and {B} <is fine with it|agrees> if it ends by {hr}
found a bike in the hall, whose is it? ~ {C}'s, {Che} said it's only till {day}
    ~ the bike in the hall is {C}'s and <stays|is there> till {day}
rent goes up by {num} euros from next month ~ seriously?? i'll write to the agency {when}
    ~ the rent <goes up|rises> by {num} euros and {B} <will write|writes> to the agency {when}
can i borrow your drill on {day}? ~ yeah it's under my bed, bring it back by {hr}
    ~ {A} <borrows|can borrow> {B}'s drill on {day} and <has to return it|must bring it back> by {hr}
i'm moving out in {num} days, got the job!! ~ omg congrats, i'll ask {C} about the room
    ~ {A} got <a job|the job> and moves out in {num} days, {B} will ask {C} about the room
someone left the oven on all night ~ sorry that was me, won't happen again
    ~ {B} left the oven on <all night|> and <apologises|says sorry> to {A}
the parcel for {C} is at ours since {day} ~ i'll bring it over {when}
    ~ {B} will <take|bring> {C} the parcel that <came on {day}|has been there since {day}> {when}
anyone want my gig ticket for {day}? feeling ill ~ me!! how much?
    ~ {A} is ill and <gives|offers> {Ahis} gig ticket for {day} to {B}
there's a mouse in the kitchen ~ not again. i'll get a trap {when}
    ~ there is a mouse in the kitchen and {B} <will buy|gets> a trap {when}
{C} wants to know if we can feed the cat for {num} days ~ ok but u do the mornings
    ~ {A} and {B} will feed {C}'s cat for {num} days, {A} <does|takes> the mornings
""")


def lowercase_chat(c: Random) -> Row:
    """Flat-share chats summarised all in lower case, as one line without a full stop."""
    s = {**cast(c, "ABC"), **entry(c, "ask answer gist", PLOTS), "day": pick(c, DAYS), "hr": pick(c, HOURS)}
    s |= {"num": str(c.randrange(3, 30)), "when": pick(c, ["tonight", "tomorrow", "after work", "at the weekend"])}
    shop = c.random() < 0.55
    s |= {"item": pick(c, ITEMS), "buyer": pick(c, [s["A"], s["B"]])}
    s["want"] = "<also|and|btw> we're out of {item}" if shop else ""
    s["Y"] = s["buyer"]
    s["get"] = "<i'll get some|on my list|i'm at the shop anyway, can get it>" if shop else ""
    s["buys"] = "<{buyer} <buys|gets> {item}|they need {item} and {buyer} <gets|buys> it>" if shop else ""
    script = """
        ?A: <hey|hiya|guys|hellooo>
        A: {ask}
        ?B: <lol|hmm|wait what|uff>
        B: {answer}
        ?A: <thx|ok cool|ur the best|k>
        B: {want}
        Y: {get}
        ?A: <haha|nice|ok gotta run|see u later>
    """
    notes = ["{gist}", "?{buys}"]
    pools = {"day": DAYS, "item": ITEMS, "hr": HOURS, "B": [s["A"], s["C"]], "buyer": [s["A"], s["B"]]}
    wrong = slip(c, s, pools, 0.15)
    texts = []
    for slots in (s, wrong):
        full = slots if c.random() < 0.8 else {**slots, "gist": slots["gist"].split(" and {B}")[0]}
        parts = facts(c, full, notes, miss=0.06)
        texts.append(pick(c, [", ", " and ", ", also "]).join(parts).lower())
    return triple(talk(c, s, script), texts[0], texts[1])


KIN = ["Mum", "Dad", "Grandma", "Grandpa", "Auntie Bea", "Uncle Joe", "Nana", "Aunt Lily", "Papa", "Granny Pat"]
NEWS = table("""
I passed my driving test ~ passed <the|the big> driving test ~ 🚗 ~ a drive to the sea
we got the flat ~ got the flat ~ 🏡 ~ a housewarming
the scan was fine, it's a girl ~ is expecting a girl ~ 👶 ~ knitting something
I won the chess cup ~ won the chess cup ~ 🏆 ~ a cake
my cast is off ~ got <the|the leg> cast off ~ 🦵 ~ a long walk
I start the new job on {day} ~ starts <a|the> new job on {day} ~ 💼 ~ dinner out
we are getting married ~ is getting married ~ 💍 ~ champagne
the kitten has arrived ~ has a kitten ~ 🐱 ~ a visit
I finished my thesis ~ finished <the|writing the> thesis ~ 🎓 ~ a weekend away
the band plays on {day} ~ plays with the band on {day} ~ 🎸 ~ coming along
I ran my first 10k ~ ran <a|the> first 10k ~ 🏃 ~ a massage
I'm in the school play ~ has a part in the school play ~ 🎭 ~ front-row seats
we booked Greece ~ booked <a holiday in Greece|Greece> ~ ✈️ ~ watering the plants
I baked the bread from your recipe ~ baked bread <from|with> the family recipe ~ 🍞 ~ a tasting
I sold my first painting ~ sold <a|the> first painting ~ 🎨 ~ a frame
the boat is repaired ~ has the boat <repaired|fixed> ~ ⛵ ~ a trip on the lake
I lost my first tooth ~ lost <a|the first> tooth ~ 🦷 ~ an extra story at bedtime
I got tickets for the final ~ has tickets for the final ~ ⚽ ~ a scarf
""")
MEETS = table("""
lunch at ours ~ 🍽️
brunch ~ 🥐
a barbecue ~ 🔥
coffee and cake ~ ☕
a picnic in the park ~ 🧺
a board game night ~ 🎲
pizza night ~ 🍕
a swim at the lake ~ 🏊
Grandpa's birthday dinner ~ 🎂
a video call ~ 📱
the museum ~ 🖼️
a walk with the dogs ~ 🐶
""")


def family_emojis(c: Random) -> Row:
    """Family group chats with emojis, whose summaries end their sentences with emojis too."""
    s = {**cast(c, "AC"), **entry(c, "news did emo gift", NEWS), **entry(c, "meet memo", MEETS), "B": pick(c, KIN)}
    s |= {"day": pick(c, DAYS), "hr": pick(c, HOURS), "bring": pick(c, ["salad", "drinks", "a tart", "dessert"])}
    absent = c.random() < 0.5
    s["csay"] = "<can't, working|I'm away|have to skip> 😢" if absent else "<count me in|yesss|I'll be there> 🙌"
    s["cnote"] = "{C} <can't come|won't make it> 😢" if absent else "{C} <is coming too|comes too|joins> 🙌"
    script = """
        A: <Guess what|News>! {news} {emo}<{emo}|!!|>
        B: <Oh sweetheart|Wonderful|Bravo>! <So proud|I'm crying|What a day> <🥰|😍|👏|❤️>
        ?C: <congrats|woohoo|finally> <🎉|🥳|😄>
        B: <That calls for|My present will be|I promise you> {gift} <😘|😉|💝>
        A: <Thank you|Aww> <❤️|🤗>! Are we still on for {meet}?
        B: Yes, {day} at {hr}. <Can you bring|Please bring> {bring}, {A}?
        A: <Will do|Of course|Sure> <👍|👌>
        C: {csay}
        ?B: <Love you all|Hugs from us|Kisses> <💕|😘>
    """
    notes = [
        "{A} {did} <and {B} <is proud|is so proud|is very happy>|> {emo}",
        "?{B} <promises|promised> {gift} <💝|🎁|😘>",
        "<they meet for {meet} on {day} at {hr}|{meet} is on {day} at {hr}|{^meet} on {day}, {hr}>"
        "<, {A} brings {bring}| and {A} <will bring|brings> {bring}|> {memo}",
        "?{cnote}",
    ]
    wrong = slip(c, s, {"day": DAYS, "hr": HOURS, "bring": ["salad", "drinks", "bread"], "B": KIN, "A": [s["C"]]})
    ref, pred = facts(c, s, notes), facts(c, wrong, notes, miss=0.08)
    end = [" ".join(text[0].upper() + text[1:] for text in out) for out in (ref, pred)]
    return triple(talk(c, s, script), end[0], end[1])
