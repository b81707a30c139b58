"""German: tickets of a property management; French: appointment calls of a dental practice."""

from random import Random

from .common import Row, Slots, column, digits, entry, facts, pick, prose, slip, table, talk, triple

NAMEN = [
    "Bauer",
    "Vogel",
    "Krause",
    "Lehmann",
    "Yilmaz",
    "Schuster",
    "Wagner",
    "Petrovic",
    "Hofmann",
    "Seidel",
    "Brandt",
    "Kaya",
    "Roth",
    "Neumann",
    "Lindner",
    "Fuchs",
    "Pohl",
    "Arnold",
    "Weiß",
    "Nowak",
    "Jansen",
    "Busch",
    "Götz",
    "Marx",
]
TAGE = ["Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag"]
STRASSEN = [
    "Lindenstraße",
    "Am Markt",
    "Goethestraße",
    "Ringstraße",
    "Hafenweg",
    "Gartenweg",
    "Parkallee",
    "Schulstraße",
    "Bachgasse",
]
SEIT = ["seit gestern", "seit heute früh", "seit einer Woche", "seit dem Wochenende", "seit drei Tagen", "seit Montag"]
MAENGEL = table("""
die Heizung im Bad bleibt kalt ~ <Heizung im Bad kalt|die Heizung im Bad wird nicht warm> ~ der Heizungsbauer
    ~ den Heizungsbauer
im Keller steht Wasser ~ <Wasser im Keller|im Keller steht Wasser> ~ der Klempner ~ den Klempner
der Aufzug hängt im zweiten Stock ~ <Aufzug steckt im zweiten Stock|der Aufzug hängt im zweiten Stock fest>
    ~ der Aufzugsdienst ~ den Aufzugsdienst
die Haustür fällt nicht mehr ins Schloss ~ <Haustür schließt nicht|die Haustür schließt nicht mehr richtig>
    ~ der Schlüsseldienst ~ den Schlüsseldienst
in der Küche schimmelt eine Ecke ~ <Schimmel in der Küche|in einer Küchenecke ist Schimmel> ~ der Gutachter
    ~ den Gutachter
das Licht im Treppenhaus flackert ~ <Licht im Treppenhaus flackert|das Treppenhauslicht flackert> ~ der Elektriker
    ~ den Elektriker
die Nachbarn über mir feiern jede Nacht ~ <nächtlicher Lärm von oben|Beschwerde über nächtlichen Lärm>
    ~ der Hausmeister ~ den Hausmeister
die Klingel ist stumm ~ <Klingel ohne Ton|die Klingel funktioniert nicht> ~ der Elektriker ~ den Elektriker
der Rollladen lässt sich nicht hochziehen ~ <Rollladen klemmt|der Rollladen geht nicht hoch> ~ der Monteur
    ~ den Monteur
das Fenster im Schlafzimmer zieht ~ <Zugluft am Schlafzimmerfenster|das Schlafzimmerfenster ist undicht>
    ~ der Schreiner ~ den Schreiner
im Hof liegt seit Tagen Sperrmüll ~ <Sperrmüll im Hof|im Hof liegt seit Tagen Sperrmüll> ~ der Hausmeister
    ~ den Hausmeister
mein Briefkasten wurde aufgebrochen ~ <Briefkasten aufgebrochen|der Briefkasten wurde aufgebrochen>
    ~ der Hausmeister ~ den Hausmeister
das Wasser wird nur noch lauwarm ~ <Warmwasser nur lauwarm|das Warmwasser wird nicht heiß> ~ der Heizungsbauer
    ~ den Heizungsbauer
vom Balkon oben tropft es ~ <Wasser tropft vom oberen Balkon|vom Balkon darüber tropft Wasser> ~ der Dachdecker
    ~ den Dachdecker
das Garagentor öffnet nicht ~ <Garagentor öffnet nicht|das Garagentor lässt sich nicht öffnen> ~ der Monteur
    ~ den Monteur
die Abrechnung stimmt nicht, das sind {eur} Euro zu viel
    ~ <Abrechnung um {eur} Euro zu hoch|Nebenkosten um {eur} Euro zu hoch> ~ die Buchhaltung ~ die Buchhaltung
""")


def hausverwaltung(c: Random) -> Row:
    """German calls to a property management summarised in short sentences that end with "Erledigt." or "Offen."."""
    names = c.sample(NAMEN, 2)
    s: Slots = entry(c, "said note wer wen", MAENGEL) | {"an": pick(c, ["Frau", "Herr"]), "Aname": names[0]}
    s |= {"A": f"{s['an']} {names[0]}", "B": pick(c, ["Hausverwaltung", f"Verwaltung {names[1]}"])}
    s |= {"str": pick(c, STRASSEN), "tag": pick(c, TAGE)}
    s |= {"nr": str(c.randrange(1, 90)), "uhr": str(c.randrange(8, 17)), "eur": digits(c, 3), "tel": digits(c, 5)}
    s |= {"seit": pick(c, SEIT)}
    phone = c.random() < 0.5
    s["sag"] = "<Meine Nummer ist die {tel}|Sie erreichen mich unter {tel}>." if phone else ""
    s["ruf"] = "<Rückruf unter {tel}|erreichbar unter {tel}|Tel. {tel}>" if phone else ""
    s["weg"] = "n" if s["an"] == "Herr" else ""
    s["end"] = pick(c, ["Offen.", "Offen.", "Erledigt.", "Termin vereinbart.", "Termin vereinbart."])
    done = s["end"] == "Erledigt."
    s["los"] = (
        "Das ist <schon erledigt|bereits behoben>, {wer} war <gerade|heute früh> da."
        if done
        else ("Ich <schicke Ihnen|beauftrage> {wen}, {tag} <gegen|um> {uhr} Uhr<. Passt das|, geht das>?")
    )
    s["ja"] = "<Ach so, dann vielen Dank|Oh, danke>." if done else "<Ja, das passt|Geht in Ordnung|Ja, gut>."
    s["tat"] = (
        "{^wer} war <bereits|schon> da"
        if done
        else (
            "<{^wer} kommt <am |>{tag} <um|gegen> {uhr} Uhr|Termin am {tag}, {uhr} Uhr|"
            "{^wer} beauftragt, {tag} {uhr} Uhr>"
            if s["end"][0] == "T"
            else "<{^wer} soll <am |>{tag} kommen|für {tag} angefragt: {wer}>"
        )
    )
    script = """
        B: <Guten Tag|Hausverwaltung, guten Morgen>, was kann ich für Sie tun?
        A: <Guten Tag, {Aname} hier|{Aname}, guten Morgen>, {str} {nr}. <Also|Es ist so>, {said}, und das {seit}.
        ?B: <Oh je|Verstehe|Das tut mir leid>. <Betrifft das auch die Nachbarn|Haben Sie Fotos davon>?
        +A: <Das weiß ich nicht|Ja, kann ich schicken|Ich glaube schon>.
        B: {los}
        A: {ja} {sag}
        ?A: <Muss ich das bezahlen|Kann ich deshalb die Miete kürzen>?
        +B: <Nein, das übernehmen wir|Das klären wir später>.
        B: <Auf Wiederhören|Schönen Tag noch|Bis dann>.
    """
    notes = [
        "<{A}, {str} {nr}: {^note}|{A} ({str} {nr}) meldet: {^note}|"
        "Meldung von {an}{weg} {Aname}, {str} {nr}: {^note}>",
        "?<besteht {seit}|{seit}>",
        "{tat}",
        "?{ruf}",
        "{end}",
    ]
    wrong = slip(c, s, {"nr": [digits(c, 2)], "tag": TAGE, "uhr": ["9", "14"], "end": ["Offen.", "Erledigt."]})
    return triple(talk(c, s, script), prose(facts(c, s, notes)), prose(facts(c, wrong, notes, miss=0.05)))


NOMS = [
    "Lefèvre",
    "Girard",
    "Benali",
    "Moulin",
    "Roche",
    "Diallo",
    "Fontaine",
    "Perrin",
    "Marchand",
    "Nguyen",
    "Caron",
    "Aubert",
    "Renard",
    "Colin",
    "Haddad",
    "Leclerc",
    "Picard",
    "Gauthier",
    "Barbier",
    "Rousseau",
    "Meunier",
]
JOURS = ["lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi"]
SOINS = table("""
j'ai une molaire qui me lance la nuit ~ <douleur à une molaire la nuit|molaire douloureuse la nuit>
ma couronne s'est décollée ~ <couronne décollée|une couronne qui s'est décollée>
je me suis cassé une dent en mangeant une noix ~ <dent cassée|une dent cassée sur une noix>
mes gencives saignent tous les matins ~ <saignement des gencives|gencives qui saignent le matin>
je voudrais un détartrage ~ un détartrage
c'est pour le contrôle annuel ~ le contrôle annuel
ma fille a une bague qui s'est détachée ~ <une bague détachée chez sa fille|bague de sa fille détachée>
j'ai la joue gonflée depuis hier ~ <joue gonflée depuis hier|une joue gonflée depuis la veille>
mon appareil me blesse ~ <un appareil qui blesse|appareil qui fait mal>
j'ai perdu un plombage ~ <un plombage perdu|plombage tombé>
je suis très sensible au froid ~ <sensibilité au froid|dents sensibles au froid>
je pense à un blanchiment pour mon mariage ~ <un blanchiment avant son mariage|blanchiment des dents>
mon fils est tombé, sa dent bouge ~ <dent de son fils qui bouge après une chute|chute de son fils, dent mobile>
j'ai besoin d'un devis pour un implant ~ <un devis d'implant|un devis pour un implant>
ma dent de sagesse pousse de travers ~ <dent de sagesse de travers|une dent de sagesse mal placée>
""")


def cabinet_dentaire(c: Random) -> Row:
    """French calls to a dental practice summarised in one or two impersonal sentences with the appointment."""
    noms = c.sample(NOMS, 2)
    s: Slots = entry(c, "dit motif", SOINS) | {"civ": pick(c, ["Mme", "M."]), "jour": pick(c, JOURS), "B": "Secrétaire"}
    s |= {"nom": noms[0], "doc": noms[1], "h": f"{c.randrange(8, 19)} h{pick(c, ['', ' 15', ' 30', ' 45'])}"}
    s |= {"A": f"{s['civ']} {s['nom']}", "refus": pick(c, JOURS), "mut": pick(c, ["oui", "non"]), "eur": digits(c, 2)}
    s["e"], s["salut"] = "e" if s["civ"] == "Mme" else "", "Madame" if s["civ"] == "Mme" else "Monsieur"
    s["apporter"] = pick(c, ["la carte vitale", "les radios", "l'ancien devis", "l'ordonnance", "une pièce d'identité"])
    first = c.random() < 0.4
    s["venu"] = "<Non, c'est la première fois|Non, jamais>." if first else "<Oui, l'an dernier|Oui, je suis suivi ici>."
    s["venu"] = s["venu"].replace("suivi ", "suivie ") if s["civ"] == "Mme" else s["venu"]
    s["statut"] = "<nouvelle patiente|première visite>" if s["e"] else "<nouveau patient|première visite>"
    script = """
        B: Cabinet du docteur {doc}, bonjour.
        A: Bonjour, <ici {nom}|{nom} à l'appareil>. <J'appelle parce que|Alors voilà>, {dit}.
        B: <D'accord|Très bien>. <Vous avez déjà un dossier chez nous|On vous connaît déjà> ?
        A: {venu}
        ?B: J'aurais une place {refus} matin.
        +A: <Ah non, je travaille|Impossible pour moi>, <désolé{e}, |>plutôt un autre moment.
        B: <Je vous propose|J'ai aussi> {jour} à {h}<, ça irait|. Cela vous convient> ?
        A: <Parfait|Oui, très bien|Ça marche>.
        ?B: <La consultation est à {eur} euros|Comptez {eur} euros>.
        B: Pensez à apporter {apporter}. <Bonne journée|À bientôt|Au revoir>, {salut}.
    """
    notes = [
        "<{civ} {nom} <appelle|téléphone> pour|appel de {civ} {nom} pour|{civ} {nom} :> {motif}<| ({statut})>"
        if first
        else "<{civ} {nom} <appelle|téléphone> pour|appel de {civ} {nom} pour|{civ} {nom} :> {motif}",
        "<rendez-vous <fixé |>{jour} à {h} <avec le docteur {doc}|chez le Dr {doc}|>|RDV {jour} à {h}>",
        "?<apporter|prévoir> {apporter}",
    ]
    wrong = slip(c, s, {"jour": JOURS, "h": ["9 h", "10 h 30", "14 h"], "motif": column(SOINS, 1), "nom": [noms[1]]})
    return triple(talk(c, s, script), prose(facts(c, s, notes)), prose(facts(c, wrong, notes, miss=0.06)))
