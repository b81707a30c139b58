"""Twenty conversations with summaries, and what to swap in each: a speaker, a number, an object, a negation.

Five of the swapped numbers are not in the dialogue; the others are there, but for something else.
"""

from dataclasses import dataclass

__all__ = ["CONVERSATIONS", "KINDS", "Conversation"]

KINDS = ("speaker", "number", "object", "negation")


@dataclass(frozen=True)
class Conversation:
    """A dialogue, a summary of it, and replacements in the summary."""

    dialogue: str
    summary: str
    speaker: tuple[str, str]
    """The sentence to replace and the one with another subject."""
    number: tuple[str, str]
    object: tuple[str, str]
    negation: tuple[str, str]

    def damaged(self, kind: str) -> str:
        """Return the summary with one swap."""
        old, new = getattr(self, kind)
        assert self.summary.count(old) == 1
        return self.summary.replace(old, new)


CONVERSATIONS = (
    Conversation(
        "Runa: The allotment gate is jammed again.\nOskar: I'll oil the hinges on Saturday.\n"
        "Runa: Great. I can lend you my ladder, it has 9 steps.\nOskar: Thanks, and 2 cans of oil will do.",
        "Oskar will oil the hinges of the gate on Saturday. Runa lends him her ladder with 9 steps.",
        ("Oskar will oil", "Runa will oil"),
        ("9 steps", "2 steps"),
        ("the hinges", "the radiator"),
        ("will oil", "will not oil"),
    ),
    Conversation(
        "Pia: Did you pick up the cello from the shop?\nTheo: Not yet, they close at 6 and I was stuck in traffic.\n"
        "Pia: My recital is on Thursday!\nTheo: I will fetch it tomorrow at 10, promise.",
        "Theo was stuck in traffic, so he will fetch the cello tomorrow at 10. Pia has a recital on Thursday.",
        ("Theo was stuck", "Pia was stuck"),
        ("at 10", "at 6"),
        ("the cello", "the trophy"),
        ("was stuck", "was not stuck"),
    ),
    Conversation(
        "Marek: I broke the blue vase while dusting.\nHelga: The one from grandma? It cost 80 euros!\n"
        "Marek: I already glued it, took 3 hours.\nHelga: I don't want to see glue on it. I'm calling a restorer.",
        "Marek broke the blue vase, which cost 80 euros. Helga is calling a restorer.",
        ("Marek broke", "Helga broke"),
        ("80 euros", "3 euros"),
        ("a restorer", "a plumber"),
        ("Marek broke", "Marek did not break"),
    ),
    Conversation(
        "Dana: My flight to Tirana got cancelled.\nLuc: Oh no. Can you still make the wedding?\n"
        "Dana: I rebooked for Friday, it cost me 140 more.\nLuc: I'll pick you up from the airport at 9 then.",
        "Dana rebooked her flight for Friday and paid 140 more. Luc will pick her up from the airport at 9.",
        ("Luc will pick her up", "Dana will pick Luc up"),
        ("at 9", "at 7"),
        ("the airport", "the stadium"),
        ("Luc will pick", "Luc won't pick"),
    ),
    Conversation(
        "Ines: Can you water my tomatoes while I'm in Porto?\nBram: Sure, how often?\n"
        "Ines: Every 2 days, half a can each.\nBram: Fine. I'm allergic to your cat though, so I won't come inside.\n"
        "Ines: No problem, I have 5 plants on the balcony, there are stairs.",
        "Bram waters the tomatoes every 2 days while Ines is in Porto. Bram is allergic to the cat.",
        ("Bram is allergic", "Ines is allergic"),
        ("2 days", "5 days"),
        ("the tomatoes", "the roses"),
        ("is allergic", "is not allergic"),
    ),
    Conversation(
        "Coach Abel: Training starts at 17:30 tomorrow, not 18:00.\nNoemi: I can't come, I sprained my ankle.\n"
        "Coach Abel: Rest it. Can Vera keep the goal?\nNoemi: She said yes. I will bring the shirts on Sunday.",
        "Training starts at 17:30 tomorrow. Noemi can't come because she sprained her ankle. "
        "Noemi will bring the shirts on Sunday.",
        ("Noemi will bring the shirts", "Abel will bring the shirts"),
        ("17:30", "18:00"),
        ("the shirts", "the trumpets"),
        ("can't come", "can come"),
    ),
    Conversation(
        "Yusuf: I sold my old motorbike yesterday.\nKaja: Finally! How much did you get?\n"
        "Yusuf: 900, and I bought a bicycle for 350.\nKaja: I never liked that motorbike, it was so loud.",
        "Yusuf sold his old motorbike for 900. Kaja never liked it because it was loud.",
        ("Yusuf sold", "Kaja sold"),
        ("900", "350"),
        ("old motorbike", "old piano"),
        ("Yusuf sold his old motorbike", "Yusuf did not sell his old motorbike"),
    ),
    Conversation(
        "Rosalie: The bakery wants 40 croissants by Monday.\nEmre: My oven holds only 24 at a time.\n"
        "Rosalie: I can bake the rest at my sister's place.\nEmre: Good, I'll buy the butter on my way home.",
        "The bakery wants 40 croissants by Monday. Emre will buy the butter. Rosalie can bake the rest.",
        ("Emre will buy", "Rosalie will buy"),
        ("40 croissants", "24 croissants"),
        ("the butter", "the cement"),
        ("can bake", "can't bake"),
    ),
    Conversation(
        "Sanna: I failed my driving test, the third time.\nIgor: What went wrong?\n"
        "Sanna: I parked on a crosswalk. The next one costs 95.\nIgor: I'll practise with you, I have 2 free evenings.",
        "Sanna failed her driving test because she parked on a crosswalk. The next one costs 95. "
        "Igor will practise with her.",
        ("Sanna failed her driving test because she parked", "Igor failed his driving test because he parked"),
        ("costs 95", "costs 85"),
        ("a crosswalk", "a lawn"),
        ("Sanna failed", "Sanna did not fail"),
    ),
    Conversation(
        "Felix: Have you read the contract for the flat?\nAmara: Yes, the deposit is 1200 and the notice 3 months.\n"
        "Felix: I don't like the part about pets.\nAmara: I will ask the landlord about the dog.",
        "Amara read the contract: the deposit is 1200. Felix doesn't like the part about pets. "
        "Amara will ask the landlord about the dog.",
        ("Amara will ask the landlord", "Felix will ask the landlord"),
        ("1200", "2100"),
        ("the contract", "the menu"),
        ("doesn't like", "likes"),
    ),
    Conversation(
        "Bruno: I'm stuck at work until 8.\nLotte: But the concert starts at 7:30!\n"
        "Bruno: Give my ticket to your brother.\nLotte: I'm so disappointed. I'll sell it instead.",
        "Bruno is stuck at work until 8. Lotte will sell his ticket because the concert starts at 7:30.",
        ("Bruno is stuck", "Lotte is stuck"),
        ("7:30", "8"),
        ("his ticket", "his guitar"),
        ("is stuck", "is not stuck"),
    ),
    Conversation(
        "Tilda: My laptop makes a horrible noise.\nRavi: It's the fan, I replaced mine last year for 30.\n"
        "Tilda: Can you do it for me?\nRavi: Yes, I have the screwdrivers. It takes 45 minutes.",
        "Tilda's laptop makes a horrible noise. Ravi will replace the fan, which takes 45 minutes.",
        ("Ravi will replace the fan", "Tilda will replace the fan"),
        ("45 minutes", "30 minutes"),
        ("the fan", "the chimney"),
        ("makes a horrible noise", "does not make a horrible noise"),
    ),
    Conversation(
        "Olga: The choir trip is in 3 weeks and we have no bus.\nHamid: I called two companies, both are full.\n"
        "Olga: I'll ask my uncle, he drives a bus with 50 seats.\nHamid: Perfect. I'm collecting the money tonight.",
        "Olga will ask her uncle, who drives a bus with 50 seats. Hamid is collecting the money tonight.",
        ("Hamid is collecting", "Olga is collecting"),
        ("50 seats", "3 seats"),
        ("the money", "the mushrooms"),
        ("is collecting", "is not collecting"),
    ),
    Conversation(
        "Greta: I adopted a greyhound from the shelter!\nPablo: Wow, how old is it?\n"
        "Greta: 4 years, and it sleeps 16 hours a day.\nPablo: I want to meet it. I'll come over on Sunday.",
        "Greta adopted a greyhound from the shelter; it sleeps 16 hours a day. Pablo will come over on Sunday.",
        ("Greta adopted", "Pablo adopted"),
        ("16 hours", "4 hours"),
        ("a greyhound", "a parrot"),
        ("Greta adopted a greyhound", "Greta did not adopt a greyhound"),
    ),
    Conversation(
        "Wanda: I left my umbrella in your car.\nNils: I found it under the seat, with 12 receipts.\n"
        "Wanda: Keep the receipts! Can you bring the umbrella to work?\nNils: I'm working from home until the 20th.",
        "Wanda left her umbrella in the car. Nils found it and is working from home until the 20th.",
        ("Wanda left her umbrella", "Nils left his umbrella"),
        ("the 20th", "the 12th"),
        ("her umbrella", "her passport"),
        ("is working", "is not working"),
    ),
    Conversation(
        "Selma: I'm making lasagna for 14 people tonight.\nJoris: Do you need my big pan?\n"
        "Selma: Please! And 6 chairs.\nJoris: I have only folding chairs, I'll bring them at noon.",
        "Selma is making lasagna for 14 people and needs 6 chairs. Joris will bring folding chairs at noon.",
        ("Selma is making lasagna", "Joris is making lasagna"),
        ("14 people", "40 people"),
        ("folding chairs", "folding bicycles"),
        ("is making lasagna", "is not making lasagna"),
    ),
    Conversation(
        "Anouk: My phone fell into the lake.\nDario: Put it in rice!\n"
        "Anouk: It's at the bottom, 5 meters deep.\nDario: My cousin dives. I will call him, he charges 60 an hour.",
        "Anouk's phone fell into the lake. Dario will call his cousin, who dives and charges 60 an hour.",
        ("Dario will call his cousin", "Anouk will call her cousin"),
        ("charges 60", "charges 5"),
        ("the lake", "the oven"),
        ("will call", "will not call"),
    ),
    Conversation(
        "Mirko: I got the job at the museum!\nLeonie: Congratulations! When do you start?\n"
        "Mirko: On March 1. I'll guide school classes, 25 children each.\nLeonie: I envy you, I hate my office.",
        "Mirko got the job at the museum and will guide school classes of 25 children. Leonie hates her office.",
        ("Leonie hates her office", "Mirko hates his office"),
        ("25 children", "52 children"),
        ("the museum", "the bakery"),
        ("Mirko got the job", "Mirko did not get the job"),
    ),
    Conversation(
        "Tova: The neighbours drilled until 11 last night.\nHugo: I complained to the landlord, he wrote to them.\n"
        "Tova: Thank you. I have an exam at 8 and slept badly.\nHugo: I can lend you my earplugs.",
        "Hugo complained to the landlord about the neighbours. Tova slept badly and has an exam at 8.",
        ("Hugo complained to the landlord", "Tova complained to the landlord"),
        ("at 8", "at 11"),
        ("the landlord", "the choir"),
        ("slept badly", "did not sleep badly"),
    ),
    Conversation(
        "Clara: I can't find the keys of the boat house.\nSteffen: I gave them to Birk on Tuesday.\n"
        "Clara: The regatta is in 2 days!\nSteffen: I'm going to drive to his farm, it's only 18 kilometers.",
        "Steffen gave the keys of the boat house to Birk. Steffen is going to drive 18 kilometers to his farm. "
        "Clara can't find them.",
        ("Steffen gave the keys", "Clara gave the keys"),
        ("18 kilometers", "2 kilometers"),
        ("the keys", "the flowers"),
        ("gave the keys", "did not give the keys"),
    ),
)
