"""Names of common medicines, generic and brand, in small letters; written from general knowledge, not complete.

`ORDINARY` are words of a visit that are said beside medicines and sound like one.
"""

from __future__ import annotations

_NAMES = """
abilify acarbose acetaminophen acetazolamide actos acyclovir adalimumab adderall advair advil afrin
albuterol alendronate aleve alfuzosin allegra allopurinol alprazolam amantadine ambien amiodarone
amitriptyline amlodipine amoxicillin amphetamine anastrozole apixaban aripiprazole armodafinil aspirin
atenolol ativan atomoxetine atorvastatin atrovent augmentin avapro azathioprine azelastine azithromycin
baclofen bactrim basaglar beclomethasone benadryl benazepril benicar benzonatate benztropine bisoprolol
botox breo brexpiprazole budesonide bumetanide buprenorphine bupropion buspar buspirone butalbital bystolic
cabergoline calcitriol canagliflozin candesartan captopril carbamazepine carbidopa carisoprodol carvedilol
cefdinir cefuroxime celebrex celecoxib celexa cephalexin cetirizine chantix chlorhexidine chlorthalidone
cialis ciclopirox cilostazol cimetidine cipro ciprofloxacin citalopram clarithromycin claritin clindamycin
clobetasol clomiphene clonazepam clonidine clopidogrel clotrimazole clozapine codeine colace colchicine
combivent concerta coreg coumadin cozaar crestor cyanocobalamin cyclobenzaprine cymbalta dabigatran
dapagliflozin depakote desloratadine desvenlafaxine dexamethasone dexilant dextroamphetamine
dextromethorphan diazepam diclofenac dicyclomine diflucan digoxin dilantin dilaudid diltiazem diovan
diphenhydramine dipyridamole divalproex docusate donepezil dorzolamide doxazosin doxepin doxycycline
dulaglutide duloxetine dupilumab dupixent dutasteride effexor eliquis emgality empagliflozin enalapril
enbrel enoxaparin entresto epinephrine epipen eplerenone escitalopram esomeprazole estradiol eszopiclone
etanercept ethambutol etodolac exenatide ezetimibe famciclovir famotidine farxiga febuxostat felodipine
fenofibrate fentanyl ferrous fexofenadine finasteride flagyl flexeril flomax flonase flovent fluconazole
fluocinonide fluoxetine fluticasone fluvoxamine formoterol fosamax fosinopril furosemide gabapentin
galantamine gemfibrozil glargine glimepiride glipizide glucophage glucotrol glyburide guaifenesin guanfacine
haloperidol heparin humalog humira hydralazine hydrochlorothiazide hydrocodone hydrocortisone hydromorphone
hydroxychloroquine hydroxyzine hyzaar ibandronate ibuprofen imdur imipramine imitrex imodium indapamide
inderal indomethacin infliximab ipratropium irbesartan isoniazid isosorbide isotretinoin ivermectin januvia
jardiance keflex keppra ketamine ketoconazole ketorolac klonopin labetalol lacosamide lactulose lamictal
lamotrigine lansoprazole lantus lasix latanoprost leflunomide letrozole levaquin levemir levetiracetam
levocetirizine levofloxacin levothyroxine lexapro lidocaine linaclotide linagliptin linezolid linzess
liothyronine lipitor liraglutide lisdexamfetamine lisinopril lithium loperamide lopressor loratadine
lorazepam losartan lovastatin lovenox lunesta lurasidone lyrica macrobid meclizine medrol meloxicam
memantine mesalamine metamucil metaxalone metformin methadone methimazole methocarbamol methotrexate
methylphenidate methylprednisolone metoclopramide metolazone metoprolol metronidazole minocycline minoxidil
mirabegron miralax mirtazapine mobic modafinil mometasone montelukast morphine motrin mounjaro mucinex
mupirocin mycophenolate myrbetriq nabumetone nadolol naloxone naltrexone namenda naproxen narcan nasacort
nasonex nebivolol neurontin nexium niacin nifedipine nitrofurantoin nitroglycerin norco nortriptyline
norvasc novolog nucynta nystatin ofloxacin olanzapine olmesartan omeprazole ondansetron orlistat oseltamivir
oxcarbazepine oxybutynin oxycodone oxycontin ozempic paliperidone pantoprazole paroxetine paxil paxlovid
penicillin pentoxifylline pepcid percocet permethrin phenazopyridine phenobarbital phentermine phenytoin
pioglitazone plaquenil plavix potassium pradaxa pramipexole prasugrel pravastatin prazosin prednisolone
prednisone pregabalin premarin prevacid prilosec primidone pristiq proair probenecid prochlorperazine
progesterone prolia promethazine propafenone propranolol protonix proventil prozac pseudoephedrine pulmicort
quetiapine quinapril rabeprazole raloxifene ramelteon ramipril ranitidine ranolazine reglan remeron remicade
repaglinide requip restasis restoril rexulti rifampin rifaximin risedronate risperdal risperidone ritalin
rivaroxaban rizatriptan robaxin ropinirole rosuvastatin rybelsus sacubitril salmeterol saxagliptin saxenda
semaglutide senna seroquel sertraline sildenafil silodosin simvastatin sinemet singulair sitagliptin skyrizi
solifenacin sotalol spiriva spironolactone stelara strattera suboxone sucralfate sudafed sulfamethoxazole
sulfasalazine sumatriptan symbicort synthroid tadalafil tamiflu tamoxifen tamsulosin tegretol telmisartan
temazepam terazosin terbinafine teriparatide testosterone tetracycline theophylline tiagabine ticagrelor
timolol tiotropium tirzepatide tizanidine tolterodine topamax topiramate toradol torsemide toujeo tradjenta
tramadol trazodone tresiba tretinoin triamcinolone triamterene trimethoprim trintellix trulicity tylenol
ubrelvy ultram umeclidinium valacyclovir valium valproate valsartan valtrex vancomycin varenicline
venlafaxine ventolin verapamil vesicare viagra vicodin victoza vilazodone voltaren vortioxetine vraylar
vyvanse warfarin wegovy wellbutrin xanax xarelto xeljanz xolair zantac zepbound zestril zetia ziprasidone
zithromax zocor zofran zoloft zolpidem zonisamide zyprexa zyrtec
"""

_ORDINARY = """
antibiotic antibiotics april bathroom blood consult course exercise exercises general improve inhaler
insulin january kidney medication medications medicine medicines morning nicotine nothing pharmacy physical
physician pressure primary problem protein regular screws second seeing several statin statins steroid
steroids sugar sulfate supplement supplements template therapy thyroid vaccine vitamin vitamins whatever
without
"""

NAMES = frozenset(_NAMES.split())
ORDINARY = frozenset(_ORDINARY.split())
