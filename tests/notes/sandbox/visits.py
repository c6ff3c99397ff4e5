"""Plain telehealth visits made up for the tests: who says what, and the section each clinical fact belongs in.

One sentence a line: "D" the provider or "P" the patient, then "S", "O", "A" or "P" for the section, or "-" where the
sentence states no clinical fact of its own (greetings, questions, courtesies).
"""

from __future__ import annotations

from dataclasses import dataclass

SECTION_OF = {"S": "subjective", "O": "objective", "A": "assessment", "P": "plan", "-": ""}
SPEAKER_OF = {"D": "provider", "P": "patient"}


@dataclass(frozen=True)
class Sentence:
    """`section` is "" where it does not matter."""

    speaker: str
    section: str
    text: str


def _visit(lines: str) -> list[Sentence]:
    rows = (line.strip().split(" ", 2) for line in lines.strip().splitlines())
    return [Sentence(SPEAKER_OF[who], SECTION_OF[section], text) for who, section, text in rows]


URINARY = _visit(
    """
    D - Good afternoon, this is Doctor Reyes, can you hear me all right?
    P - Yes, I can hear you fine.
    D - What can I help you with today?
    P S It burns when I pee, and I have been going to the bathroom every half hour since Tuesday.
    D - Have you had any fever or back pain?
    P S No fever, but my lower belly feels heavy.
    D - Have you had this before?
    P S I had two bladder infections last year.
    D - Are you allergic to any medicines?
    P S Yes, I am allergic to sulfa.
    P S It makes my face swell.
    D - What do you take every day?
    P S I take a birth control pill and iron.
    D O Your temperature at the pharmacy kiosk was ninety eight point seven.
    D O The urine test you dropped off this morning was positive for nitrites and white cells.
    D O You look comfortable and you are not in any distress.
    D A I think this is another bladder infection.
    D A It does not look like a kidney infection.
    D P I am going to prescribe nitrofurantoin one hundred milligrams twice a day for five days.
    D P I want you to drink plenty of water and finish all of the pills.
    D P We will send the urine for a culture.
    D P If you get a fever or pain in your back, go to the emergency room.
    D P Call us in three days if you are not better.
    P - Okay, thank you, doctor.
    """
)
KNEE = _visit(
    """
    D - Hi James, what brings you in?
    P S My right knee has been hurting for three weeks.
    P S It started after I went hiking, and it gets worse when I go down stairs.
    D - Does it lock or give way?
    P S No, it does not lock.
    D - What have you tried so far?
    P S I took some naproxen and it helped a little.
    D - Any other medical problems?
    P S I have high blood pressure and I had my gallbladder removed in 2015.
    D - Please stand up and step back so that I can see your whole leg.
    D O I can see some swelling around your right knee.
    D O There is no redness over the joint.
    D O You are able to bend your knee to about ninety degrees.
    D O Your gait looks steady.
    D O Your x-ray from last week showed mild arthritis on the inner side.
    D A This looks like a flare of osteoarthritis.
    D A I don't think you have a torn ligament.
    D P I'd like you to start physical therapy twice a week.
    D P I am going to order a knee brace for you.
    D P You can take acetaminophen one thousand milligrams every eight hours as needed.
    D P Please avoid hiking until the swelling is gone.
    D P I will see you in six weeks.
    P - That sounds good, thanks.
    """
)
SKIN = _visit(
    """
    D - Hello, thanks for sending the pictures.
    D - How long have you had this rash?
    P S About ten days.
    P S It itches a lot at night and it keeps me awake.
    D - Have you used any new soaps or creams?
    P S I switched to a new laundry detergent two weeks ago.
    D - Does anybody at home have the same?
    P S No, nobody else has it.
    D - Can you hold your arm closer to the camera for me?
    D O I see a red, scaly patch on the inside of your elbow.
    D O Your skin is dry on both forearms.
    D O I don't see any blisters or pus.
    D A This is most likely contact dermatitis.
    D A It is not consistent with scabies.
    D P We'll start triamcinolone cream, apply a thin layer two times a day for one week.
    D P I recommend going back to your old detergent.
    D P Use a plain moisturizer after every shower.
    D P Do not scratch, and keep your nails short.
    D P Let me know if the rash spreads or starts to ooze.
    P - Okay, I will do that.
    """
)
MOOD = _visit(
    """
    D - Good morning, how have you been since our last visit?
    P S I have been feeling down most days for about two months.
    P S I wake up at four in the morning and I can't fall back asleep.
    D - How is your appetite?
    P S I don't feel like eating, and I have lost six pounds.
    D - Have you had any thoughts of hurting yourself?
    P S No, I have never thought about that.
    D - Are you still taking the sertraline?
    P S I take fifty milligrams every morning.
    D - Do you drink any alcohol?
    P S I drink a glass of wine on weekends.
    D O Your speech is clear and your mood seems low today.
    D O You look tired, but you are alert and making good eye contact.
    D O Your score on the depression questionnaire was sixteen.
    D A I think you have moderate depression that is not well controlled.
    D A Your anxiety is stable.
    D P I would like to increase the sertraline to one hundred milligrams a day.
    D P I'm going to refer you to a therapist for weekly sessions.
    D P Try to go to bed at the same time every night.
    D P If you ever think about harming yourself, call 988 or go to the emergency department.
    D P Let's meet again in four weeks.
    P - Thank you, doctor.
    """
)
PRESSURE = _visit(
    """
    D - Good morning, Mr. Cole.
    D - How are you doing with the new pills?
    P S I feel fine, but my ankles swell in the evening.
    D - Any chest pain or shortness of breath?
    P S No chest pain at all.
    D - Do you add salt to your food?
    P S I eat a lot of canned soup.
    D - Does anyone in your family have heart disease?
    P S My father had a heart attack at fifty five.
    D O Your blood pressure on the home cuff today was 148 over 94.
    D O Your heart rate is 72 and your oxygen is 98 percent.
    D O Your potassium last week was normal at 4.2.
    D O I can see mild swelling at both of your ankles.
    D A Your high blood pressure is not at goal.
    D A The swelling is likely due to the amlodipine.
    D P I want to stop the amlodipine.
    D P I'm going to start you on losartan fifty milligrams once a day.
    D P Please check your blood pressure every morning and write it down.
    D P Cut down on canned soup and other salty food.
    D P We will repeat your kidney tests in two weeks.
    D P Come back in one month.
    P - All right, I will.
    """
)
SUGAR = _visit(
    """
    D - Hi Anna, how has your diabetes been?
    P S My sugars have been high in the morning, around two hundred.
    P S I feel thirsty all the time.
    D - Are you taking the metformin as we discussed?
    P S Yes, I take it twice a day with food.
    D - Any numbness in your feet?
    P S Sometimes my toes tingle.
    D - Do you smoke?
    P S No, I quit eight years ago.
    D O Your A1c came back at 8.9.
    D O Your cholesterol was normal.
    D O Your weight on your scale at home today is one hundred ninety pounds.
    D O I don't see any sores on your feet.
    D A So your type two diabetes is poorly controlled.
    D A The tingling may be an early neuropathy.
    D P We will add empagliflozin ten milligrams every morning.
    D P Continue the metformin at the same dose.
    D P I am referring you to an eye doctor for a yearly exam.
    D P You should check your feet every night.
    D P Follow up in three months with a new A1c.
    P - Okay, bye.
    """
)
EAR = _visit(
    """
    D - Hello, what is going on with your ear?
    P S My left ear hurts and I can't hear well on that side.
    D - When did it start?
    P S It started on Friday after I went swimming.
    D - Is there any drainage?
    P S There is some yellow fluid on my pillow.
    D - Do you have any allergies?
    P S I am allergic to amoxicillin.
    P S I get hives from it.
    D - Please pull on your ear gently.
    D - Does that hurt?
    P - Yes, it hurts a lot.
    D O Your ear canal looks red and swollen on the camera.
    D O Your face is symmetric.
    D A You have an outer ear infection.
    D A I am not worried about your hearing in the long run.
    D P I'll prescribe ciprofloxacin ear drops, four drops twice a day for seven days.
    D P Keep the ear dry and do not swim for ten days.
    D P Take ibuprofen four hundred milligrams if it hurts.
    D P Call me if you develop a fever or the pain gets worse.
    P - Thank you so much.
    """
)
VISITS = {
    "urinary": URINARY,
    "knee": KNEE,
    "skin": SKIN,
    "mood": MOOD,
    "blood pressure": PRESSURE,
    "diabetes": SUGAR,
    "ear": EAR,
}
