"""Visits made up for the tests, as (speaker, sentence)."""

from __future__ import annotations

Dialogue = list[tuple[str, str]]

SHORT_VISIT: Dialogue = [
    ("Doctor", "Hello, good morning."),
    ("Patient", "Good morning, doctor."),
    ("Doctor", "What brings you in today?"),
    ("Patient", "My lower back has been hurting a lot since the weekend."),
    ("Patient", "It started three days ago after I lifted a box."),
    ("Doctor", "Any numbness?"),
    ("Patient", "No."),
    ("Doctor", "On exam there is tenderness over the lumbar spine and a normal straight leg raise."),
    ("Doctor", "I think this is a muscle strain."),
    ("Doctor", "I want you to rest and use heat for a week."),
    ("Patient", "Okay."),
]
CHIT_CHAT: Dialogue = [
    ("Doctor", "How was the drive over here this morning?"),
    ("Patient", "The traffic was terrible again near the bridge."),
    ("Doctor", "I never take that road any more, I come in from the other side of town."),
    ("Patient", "My grandson plays soccer on Saturdays and they won the cup."),
    ("Doctor", "That is wonderful, you must be so proud."),
    ("Doctor", "Did you watch the game last night?"),
    ("Patient", "No, I fell asleep on the couch before it began."),
    ("Doctor", "It looks like it is going to rain all weekend."),
    ("Patient", "We were thinking about a barbecue but not in this weather."),
    ("Doctor", "My wife wants a new garden table and I keep telling her to wait for the sales."),
    ("Patient", "They have nice ones at the place on Main Street, my neighbor bought two of them."),
    ("Doctor", "Then I will have to go there and have a look one of these days."),
]
CLINICAL: Dialogue = [
    ("Doctor", "So tell me what brings you in today."),
    ("Patient", "I have been having headaches in the back of my head for about two weeks."),
    ("Patient", "They are worse in the morning and get better when I lie down."),
    ("Doctor", "Do you have any blurry vision?"),
    ("Patient", "No."),
    ("Doctor", "Have you had any nausea?"),
    ("Patient", "Yes."),
    ("Doctor", "Are you allergic to any medicines?"),
    ("Patient", "I am allergic to penicillin, it gives me hives."),
    ("Doctor", "And what do you take for your blood pressure?"),
    ("Patient", "I take lisinopril 20 milligrams every morning."),
    ("Patient", "My father had a stroke when he was sixty."),
    ("Patient", "I quit smoking ten years ago."),
    ("Doctor", "Your blood pressure is 150 over 92 today."),
    ("Doctor", "Your lungs are clear and your heart has a regular rate and rhythm."),
    ("Doctor", "Your lab results show a normal kidney function."),
    ("Doctor", "I think your headaches come from your high blood pressure, which is not well controlled."),
    ("Doctor", "I am going to prescribe amlodipine 5 milligrams once a day."),
    ("Doctor", "I want you to check your blood pressure at home every morning and write it down."),
    ("Doctor", "If you get chest pain, go to the emergency room."),
    ("Doctor", "I would like to see you again in two weeks."),
]


LONG_VISIT = [*CHIT_CHAT, *CLINICAL[:9], *CHIT_CHAT, *CLINICAL[9:], *CHIT_CHAT]


def as_text(dialogue: Dialogue) -> str:
    return "\n".join(f"{speaker}: {text}" for speaker, text in dialogue)
