"""Groups of phrases that mean the same, for insurance calls and for the languages other than English."""

INSURANCE = """
called to report=phoned about=contacted us about; under policy=on the policy; nobody=no one; injured=hurt=harmed; as a
result=consequently=in the process; in addition=also=furthermore; estimated at=put at=said to be; estimated cost
is=the loss is about=the repair will be around; estimates=puts; applies=has to be paid=is due;
explained=mentioned=reminded the caller of; will call=will phone=is going to contact the caller; opened=set
up=created; uploaded=sent in=submitted; will provide=is going to send=can submit; the caller=the policyholder=the
insured; burst=ruptured; collapsed=fell; came down=fell in; unknown=unidentified; backed into=reversed into; parked
car=parked vehicle; took down=blew over; destroyed=flattened; struck=collided with; stolen=taken; held=had in it;
failed=stopped working; got wet=was soaked; demands=asks for; slid=skidded; towed=taken away; caught fire=started
burning; canceled=called off; scratched=scraped; needed=got; leaking=coming; dripping=running; the adjuster=our
adjuster; has=holds; evidence=material
"""
GERMAN = """
meldet=teilt mit=berichtet; Meldung=Anruf; soll=wird; war schon da=hat es schon behoben; war bereits da=war inzwischen
vor Ort; gegen=ca.; kalt=ohne Wärme; wird nicht warm=bleibt kalt; flackert=ist defekt=geht an und aus; nächtlicher
Lärm=Ruhestörung; ohne Ton=kaputt; funktioniert nicht=ist defekt; klemmt=sitzt fest; Zugluft=Luftzug; undicht=nicht
dicht; Sperrmüll=Müll; aufgebrochen=beschädigt=geknackt; tropft=läuft; öffnet nicht=klemmt=ist defekt; Wasser im
Keller=Keller unter Wasser=Keller steht unter Wasser; Schimmel=Schimmelbefall; der Elektriker=ein Elektriker; der
Klempner=ein Installateur; der Monteur=ein Techniker; der Hausmeister=unser Hausmeister; Aufzug=Lift=Fahrstuhl;
Haustür=Eingangstür; Treppenhaus=Flur; Klingel=Türklingel
"""
FRENCH = """
appelle pour=souhaite une consultation pour=consulte pour; téléphone pour=signale=nous contacte pour; appel de=coup de
fil de=message de; rendez-vous=RDV; fixé=pris=convenu; apporter=venir avec=ne pas oublier; prévoir=avoir sur soi;
première visite=pas encore de dossier; douleur=mal; douloureuse=sensible; décollée=tombée=descellée;
cassée=fracturée=brisée; saignement=saignements; détartrage=nettoyage; contrôle annuel=contrôle=bilan annuel;
détachée=décollée; gonflée=enflée; depuis hier=depuis la veille; qui blesse=mal ajusté; qui fait mal=gênant;
perdu=parti; tombé=perdu; sensibilité=gêne; blanchiment=éclaircissement; de travers=qui pousse mal; mal placée=de
travers; un devis=une estimation; avec le docteur=avec le Dr=chez le docteur; chez le Dr=au cabinet du Dr
"""
SPANISH = """
piso en=vivienda en=busca en; alquiler en=alquilar en=piso en; hasta=máximo=tope; máx.=hasta=presupuesto;
urgente=cuanto antes; entrada inmediata=ya; entrada en=mudanza en; admite perro=tiene perro; amueblado=con muebles; no
bajo=que no sea bajo; visita=ver piso=cita; avisar=llamar; en lista de espera=pendiente; trastero=cuarto para bicis;
plaza de garaje=parking; garaje=parking; terraza=balcón o terraza
"""
POLISH = """
proponuje=oferuje; sklep=sprzedawca; obsługa=sklep; konsultant=pracownik; wartość zamówienia=zapłacono; kwota=cena;
zgadza się=akceptuje to=jest na tak; przyjmuje propozycję=zgadza się; chce się zastanowić=jeszcze nie wie; prosi o
czas=chce to przemyśleć; woli=wybiera; w ciągu=do; większy rozmiar=większy numer; nowego=kolejnego; bezpłatną=darmową;
zepsuty=uszkodzony; stłuczony=uszkodzony; rozbity=pęknięty; odzyskać=dostać z powrotem; zwrot=oddanie; ponowną=drugą
"""
ARABIC = """
بخصوص=بشأن=حول; بشأن=بسبب=بخصوص; واقترح الموظف=وعرض قسم الخدمة; وعرض الموظف=واقترحت الخدمة=فعرض الموظف; ووافق=وتم
الاتفاق=فقبل; ووافقت=وتم الاتفاق=فقبلت; وقبل العرض=وكان الرد بالموافقة; وقبلت العرض=وكان الرد بالموافقة; جديد=آخر;
استبدال=تبديل; كسر=ضرر; عطل=خلل; اختلاف=تغير; تعديل=تغيير; المبلغ=المال
"""
