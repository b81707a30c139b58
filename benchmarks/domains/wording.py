"""Groups of phrases that mean the same in a domain, so that two writers word a fact differently."""

TICKETS = """
fails=does not work=breaks down; stalls=hangs=freezes; missing=absent=not there; wrong=incorrect=bad; corrected=fixed;
removed=deleted=taken out; added=put in place=set up; installed=put in; raised=increased; restored=recovered=brought
back; crashes=quits=dies; gives an error=is rejected; old=previous=former; new=fresh; user=customer=client; by
mistake=in error; customer's=client's; expired=outdated=lapsed; very slow=sluggish; cleared=emptied; run again=started
again; a line with a deleted tax code=deleted tax code on one line=one item used a tax code that is gone;
approx.=about=some; two-factor still tied to the old device=2FA linked to previous phone=authenticator on the old
device; missing SPF record on the customer's domain=customer's domain has no SPF=SPF entry was absent;
users=people=employees; date filter left on last year=filter still showed last year=wrong date range selected; session
length=time-out; camera permission revoked after the update=update withdrew the camera right=app had no access to the
camera any more; duplicate driver installed=driver was there twice=two drivers for one printer; in settings=via the
settings menu; two deactivated users still counted=inactive accounts counted as seats=old users were not freed;
driver=printer driver; a widget pulling five years of data=one widget loads too much data=widget with a five-year
range; credit note=refund; files above the 25 MB limit=files too large=size limit of 25 MB; contacts without an email
address are skipped=contacts need an email=sync ignores contacts without email; both were in the HR group by
mistake=wrong group membership (HR); code limited to new customers=code only valid for new customers=restricted code;
more=extra; visible to=shown to; session length set to five minutes=five-minute session=time-out too short; retention
set to 14 days=kept for 14 days only; blocked by the cookie banner=cookie banner hides it=consent banner blocks the
script; decimal comma in the regional settings=regional settings use a comma=locale with decimal comma; wrong time
zone in the profile=profile in another time zone=time zone of the user was off; expired certificate=certificate had
run out=certificate no longer valid; properly=right; one hour late=an hour too late=with one hour's delay; cannot log
in=unable to sign in=locked out; login=sign-in; shows no rows=is blank=has no data; printed=produced; billed=invoiced;
meetings=events; password=passcode; compressed=zipped; split=divided; sync=synchronisation; rule=setting;
rejected=refused; export=file export; colleague=co-worker; limited=restricted=cut
"""
CALLS = """
dbl chg=chgd twice=double charge; refund=rfd; cust=cst=caller; called re=rang re=query:; adv=advised=told cust;
acct=a/c; on bill=on stmt; req=requested; chg=change; sent=issued; wrong=incorrect; rdg=reading; agreed=ok'd;
done=completed; arranged=bkd=set up; offered=gave; blocked=stopped; posted=sent out; opened=raised; bkd=booked=sched;
wants to=would like to; upset=angry=irate; NFA=no further action; calm=polite; updated=amended; credit=CR; set
up=created; ref to=passed to; closed=shut; actioned:=did:; lost=missing; eve=evening=night; moved to=now; ord=ordered;
calm=ok; no cb req=no callback
"""
SOAP = """
red=injected=inflamed; swollen=enlarged=oedematous; no fever=afebrile=denies fever; tender=sore;
normal=unremarkable=NAD; felt feverish=subjective temp; NKDA=nil allergies=no allergies; ibuprofen=NSAID=Ibuprofen;
severity=VAS=score; mild=slight; fluids=hydration; if no better=if persisting=if needed; persistent=ongoing=chronic;
clear=CTA; worse=max; stiff=rigid; headache=cephalalgia=HA; rest=offload; both arms=arms bilat; itchy=pruritic; gentle
walking=mobilise=stay active; paracetamol=acetaminophen; a.m.=mornings; likely=probably; review=see again; cough=dry
cough; stable=no laxity
"""
LEGAL = """
says=states=claims; wants=would like=asks for; seeks=is after=hopes for; testify=confirm this; first
consultation=initial consultation=appointment; booked for=arranged for=set for; evidence=proof=documents; not
answered=ignored=left without reply; holds=keeps; withheld=did not return=refused to pay back; dismissed=let go;
fired=sacked; refused=denied; contact with=access to; former partner=ex; abandoned the work=walked off the job; hit by
a van=struck by a van=knocked down by a van; wet supermarket floor=wet floor in a supermarket; failed=stopped working;
broke down=had a defect; pursued=pressed; test results=lab results; manager=superior; fined=given a fine; sold
earlier=no longer owned; cover=payment; ago=back; compensation=damages; there are=there were; a formal letter=a letter
by the lawyer; a settlement=an out-of-court deal
"""
MINUTES = """
lease ends=lease expires=contract ends; not painted=unpainted=still to be painted; ready=complete; done=in place;
missing=not there yet=lacking; outstanding=still open; plan=target=forecast; due to=owing to; suitable=good=worth
meeting; available=bookable; free=not taken; answers=replies=returns; responses=replies; criticised=top complaint;
main complaint=biggest issue; outdated=old=no longer current; lost=dropped; half the forms=50% of forms; asks
for=demands; wants=demands; fell to=now at; damaged=ruined; finished=did=went through; completed=passed;
needed=wanted=missing; obtain=request; compare=look at; rejected=unpopular; disliked=not liked;
decision:=agreed:=action:; invite=call in; reserve=book=secure; hire=commission; book=organise; frozen=stopped=on
hold; share=discuss; present=show; reprint=order new; rota=schedule; trial=pilot; reminders=reminder mail; remind
everybody=chase everyone; report to=inform; extended=prolonged; ask=contact; approach=talk to; candidates=applicants;
people=staff; sharing=competing for; due=scheduled
"""
ACTIONS = """
send=forward=mail; email=send; call=contact; ring=contact; check with=talk to=speak to; insurance cover=insurance
policy; write=prepare=create; draft=prepare; update=revise=refresh; order=buy=get; check=review=look at;
book=reserve=get; tidy=sort out=clear; clean up=sort=reorganise; prepare=build=create; make=create=put together;
test=try=check; ask=contact=talk to; get=obtain=collect; invite=contact=confirm; collect=gather=pull together;
renew=extend=prolong; translate=localise=do translation of; find=look for=organise; fix=repair=correct; pay=settle
bill of=transfer money to; report=pass=submit; by=until=due; about=re=regarding; client=customer; revised=new=updated;
three=3; slides=deck=presentation; shared folder=common folder=drive; press release=press text=media release;
cover=substitute=replacement; substitute=stand-in; quotes=offers=estimates; agenda=list of topics;
manual=handbook=guide; feedback forms=questionnaires; insurance=policy; numbers=figures; link=URL; stock=inventory
"""
INCIDENTS = """
failed=broke=did not work; customers got=users saw; checkout=the checkout; delayed=hours late; late=delayed; saved
twice=doubled; duplicate=double; saw=received; not delivered=absent; piled up=grew; emptied=wiped; lost=gone; timed
out=hung; shown to=appeared for; exhausted=used up=drained; ran out=was empty; raised=set; increased=lifted;
restored=put back; switched back=reverted; blocked=held; full=at 100%; filled up=overflowed; purged=cleared;
rollback=revert; rolled back=reverted; renewed=reissued; replaced=exchanged; pinned=fixed; doubled=twice as much;
flushed=cleared; disabled=off; turned off=switched off; redeployed=shipped again; min=minutes; of requests=of traffic;
shifted=moved; expired=ran out; had expired=was out of date; lacked=had no; without=missing; stale=outdated;
evicted=dropped; wrong default=bad default; add an alert=set up alerting; write a runbook=document the steps; add a
test to CI=cover it by a test; review the on-call rota=check the on-call plan; old=stale; isolated in=separated into
"""
PULLS = """
fixes=closes=resolves; requested=asked for=wanted; added=done=included; to be added=still open; kept=stays=retained;
to avoid=against; accept=support=parse; handle=understand; adds=introduces=puts; pause=delay=sleep; loading=parsing;
masks=hides=redacts; shrinks=reduces=slims; stubs=fakes; mocks=simulates; replaces=swaps; stores=persists=keeps;
saves=remembers; prevent=rule out; releases=frees=unlocks; turns on=activates; enables=switches on; chunks=cuts up;
splits=divides; updates=brings=moves; reviewer=review by; planned for=scheduled for=milestone; target=goes into; PR
by=change by; this PR=the change=patch; moves=centralises=puts; documented=described; renamed to=is now; asked
for=required
"""
SUBJECTS = """
request for=wish for=asking for; problem=issue=trouble; wrong=incorrect; missing=absent; does not open=fails at;
lost=mislaid; new=different; question about=permission for; failing=dying; weak=bad; smell=odour; order of=need;
leaking=broken=dripping; stuck=jammed; needed=wanted=required; home office=home; dog=pet; contract=plan
"""
STANDUP = """
done=finished; finished=closed; fixed=repaired=solved; build=pipeline; two=2; reviewed=looked at; ill=off sick;
sick=out; script=code; analysed=debugged; looked into=investigated; interview=talk; candidate=applicant;
updated=refreshed; moved to=switched to; paired=worked; cleaned=sorted; tidied=groomed; translated=localised; phone
call with=spoke to; called=contacted; prepared=set up; ready=prepared; start=kick off=open; begin=start on;
continue=carry on with; tests=checks; workshop=training; upgrade=update; customer mails=support mails=replies to
customers; draw=sketch; design=mock up; finish=wrap up; expense report=expenses=travel expenses; check=analyse; slow
query=slow SQL; remove=delete; waiting for=missing; down=not reachable; offline=gone; access=rights; reply=reaction;
needed=pending; next:=today:=plan:; blocked:=stuck:; pairing=session; meeting=call; on old tablet=with the old tablet;
release notes=changelog; login tests=tests for login; search filter=filter of the search; billing page=page for
billing; staging=stage server
"""
SALES = """
spoke to=spoke with=phone call with; pain:=problem:=issue:; seats=users=licences; likes=keen on; liked=was positive
about; objection=worry=hesitation; quoted=price given; go-live=launch=kick-off; send the offer=written offer=email
offer; demo for the team=team demo; trial account=free trial; current=present=existing; ends=expires; does=is;
many=lots of; lost=dropped; entered=keyed in; typed=entered; wants to start=plans to begin; budget=funds
"""
HOTELS = """
guest=customer=client; the guest=the caller; wants=would like=is looking for; asked for=was after; requested=ordered;
needs=wants; enquired about=asked about; rate=price=cost; euros=EUR; special request=extra; request=extra wish;
from=starting; per night=nightly=each night; double=double-bed; quiet=calm; bringing=with; late=later; early=earlier;
parking space=spot for the car; feather-free=synthetic; connecting rooms=adjoining rooms; sea view=view of the sea;
baby cot=cot; bath=bathtub; vegan breakfast=vegan food in the morning; ground-floor=ground floor
"""
INTERVIEWS = """
talks about=tells the paper about=looks back on; speaks about=reflects on=describes; the hardest part=the toughest
part=the biggest challenge; the hardest moment=the low point=the worst; says=admits=recalls; next comes=the next
project is; up next is=the plan now is; dreams of=thinks of; is now planning=is working on; an idea of=suggested
by=encouraged by; after=following; opening=starting=setting up; winning=coming first in; publishing=bringing out;
keeping=looking after; rebuilding=renovating; closing=shutting; making=creating; switching to=changing to;
discovering=finding; touring=crossing; running out of money=having no money left; losing=the loss of; a row=succession
"""
TUTORING = """
practised=worked on=revised; worked on=covered; went through=looked at=repeated; main mistake=usual error=problem;
explained=pointed out=repeated the rule; got=managed; solved=did; had=scored; in the end=finally; since the test is=as
there is a test=because the test is; for homework=until next time=to practise; gave=set; asked=told;
hard=difficult=tricky; understood it=got it; easier than expected=quite easy; feels ready=is confident=is well
prepared; today=this afternoon=in this lesson; adding=the addition of; with different denominators=of different kinds
"""
CHAT = """
tidy=clean up; tidies=cleans; will tidy=is going to clean; forgot=didn't remember; electricity=power bill;
visits=comes round; is coming=is visiting; suspects=blames; thinks=believes; ate=had eaten; let=buzz; call=ring;
calls=rings; noisy=making noises=loud; is on=happens; stays on=is still happening; can't come=isn't free; won't be
there=has no time; invites=is going to have; is having=is inviting; is fine with it=is ok with that; agrees=says yes;
ends=is over; hall=hallway; goes up=will increase; rises=goes up; write=complain; writes=complains; borrows=gets; must
bring it back=should return it; moves out=is leaving; ask=talk to; left the oven on=didn't turn off the oven;
apologises=is sorry; take=bring=carry; ill=sick=not well; gives=hands; offers=passes on; trap=mousetrap; there is=they
have; feed=look after; buys=is getting=picks up; gets=will buy=brings; need=are out of=have no; cat=pet;
parcel=package; lost=can't find; will let=is letting; in days=days from now; after work=in the evening; at the
weekend=this weekend; landlord=owner; by=before; agency=landlord; also=plus
"""
FAMILY = """
passed=has passed; got=has got; is expecting=will have; won=has won; starts=begins; ran=has run; finished=completed=is
done with; plays=performs; booked=is going to have; sold=has sold; proud=delighted=moved; very happy=thrilled=over the
moon; promises=offers=wants to give; promised=offered=suggested; they meet=the family meets=everyone meets;
brings=takes care of; will bring=is in charge of; can't come=has no time=is away; won't make it=can't be there; is
coming too=is in; comes too=will be there; joins=comes along; the family recipe=an old recipe; tickets=seats;
at=around
"""
RADIO = """
SENT TO=ASSIGNED TO; TO=RESPONDED TO; DISPATCHED TO=CALLED TO; HRS=HOURS; MIN=MINUTES; ARRIVED IN=ON SCENE AFTER; SEEN
FROM=REPORTED FROM; COLLISION=ACCIDENT=MVA; CRASH=ACCIDENT; SAFE=OK; DOWN=UNRESPONSIVE; COLLAPSED=DOWN; AWAKE=ALERT;
CONSCIOUS=ALERT AND TALKING; SMELL=LEAK; CLOSED=SECURED=TURNED OFF; SHUT=CLOSED; STUCK=TRAPPED;
FREED=RELEASED=RESCUED; ON SITE=CUTTING POWER; NOTIFIED=CALLED; BURGLARY=B&E; DETAINED=IN CUSTODY=ARRESTED;
SUSPECT=PERSON; RECOVERED=SAFE; CONTAINED=STOPPED=CONTROLLED; LEAKING=SPILLING; FIGHT=DISTURBANCE=BRAWL; NOBODY
THERE=NOTHING FOUND; LOST=OVERDUE; MISSING=LOST; FOUND=LOCATED; AMBULANCE=EMS; NO INJURIES=NOBODY HURT=INJURIES: NONE;
FALSE ALARM=NO FIRE; REQUESTED=EN ROUTE; CHIMNEY FIRE=FIRE IN CHIMNEY; WATER RESCUE=SWIMMER IN DISTRESS;
DUMPSTER=TRASH CONTAINER; ETA=EXPECTED IN; ON ARRIVAL=WHEN UNIT ARRIVED; OPEN HYDRANT=HYDRANT RUNNING; POWER
LINE=WIRES; DIESEL=FUEL
"""
