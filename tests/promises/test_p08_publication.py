"""P08 (clauses 2.9, 2.12, 8.6): making public only with its own consent, on the conditions the person sets."""

from pathlib import Path

from tests.doorstep import Doorstep, a_desk, doorstep_on
from tests.promises.stories import altered

from kelisim.desk import consents, subjects
from kelisim.telegram.press import Press

CONDITIONS = "Only my review of the shop, without my surname, until December."


async def test_p08_off_in_the_sample_and_then_it_does_not_exist(doorstep: Doorstep) -> None:
    """P08: the purpose is not listed, and a button somebody made up does not give it."""
    aigul = await doorstep.person("aigul").registers()
    screen = await aigul.say("/consent")
    assert "Publication" not in screen.text and "Publication" not in screen.buttons
    token = doorstep.desk.shelf.current("desk", "en").token
    await aigul.press(data=Press("agree", "en", token, "publication").pack())
    assert await doorstep.keep(consents.given, aigul) == ["desk"]


async def test_p08_its_own_consent_and_her_own_conditions(sqlite_url: str, tmp_path: Path) -> None:
    """P08: where an operator makes data public, it asks for conditions and keeps them; no other consent gives it."""
    operator = altered(tmp_path, ("on = false # making data public", "on = true # making data public"))
    async with doorstep_on(sqlite_url, desk=a_desk(operator)) as step:
        aigul = await step.person("aigul").registers()
        await aigul.say("/consent")
        screen = await aigul.press("Publication")
        assert "only on the conditions you set" in screen.text
        await aigul.press("I agree")
        await aigul.say("Nurlanova Aigul")
        asked = await aigul.press("Yes, correct")
        assert "conditions" in asked.text
        assert await step.keep(consents.given, aigul) == ["desk"]  # not before they are said
        done = await aigul.say(CONDITIONS)
        assert "Consent recorded" in done.text
        assert sorted(await step.keep(consents.given, aigul)) == ["desk", "publication"]
        assert (await step.keep(subjects.profile, aigul))["conditions"] == CONDITIONS
        sealed = await step.rows("SELECT value FROM profile WHERE field = 'conditions'")
        assert b"review" not in sealed[0].value
