"""The sections of the README that a newcomer types from, typed as they stand."""
import time

import readme
from scenario import Skip, pause, scenario

DEMO, OWN, LISTS = "Five minutes", "Your own Kafka and Redis", "The lists in Redis"
EVENTS = "Your own events"
QUESTION = "redis-cli Z"
LEFT_S = 25  # of the minute, that a load and the questions behind it need


def open_shell(s, **env):
    busy = readme.busy_ports()
    if busy and not readme.own_network():
        raise Skip("port %s is in use, and no network of its own can be had" % ", ".join(map(str, busy)))
    return readme.Shell(readme.copy_of_the_tree(s.directory / "topkd"), **env)


def await_early_minute():
    """A question for `the list of this minute` must not come in the next one."""
    left = 60 - time.time() % 60
    if left < LEFT_S:
        pause(left)


def asks(step):
    return step.commands.startswith(QUESTION)


def walk(s, steps, timeout_s, **env):
    shell = open_shell(s, **env)
    try:
        for step, following in zip(steps, [*steps[1:], None]):
            if following and asks(following):
                await_early_minute()
            output = shell.run(step.commands, timeout_s)
            assert step.reply is None or readme.reply_holds(step.reply, output), (
                "the README says that\n%s\nprints\n%s\nbut it prints\n%s" % (step.commands, step.reply, output))
    finally:
        shell.close()
    s.note("%d blocks, %d replies", len(steps), sum(step.reply is not None for step in steps))


@scenario(real=False)
def make_demo_is_all_that_five_minutes_need(s):
    walk(s, readme.steps(DEMO), 300, DEMO_SECONDS="20")


@scenario()
def your_own_kafka_and_redis_from_the_first_line_to_the_proof(s):
    """The questions of the section on lists are asked where the answer is there: behind the first question."""
    own, lists = readme.steps(OWN), readme.steps(LISTS)
    [at] = [number for number, step in enumerate(own, 1) if asks(step)]
    walk(s, own[:at] + lists + own[at:], 240)


@scenario(real=False)
def your_own_events_from_the_first_to_the_settings(s):
    walk(s, readme.steps(OWN)[:1] + readme.steps(EVENTS), 240)


@scenario(real=False)
def the_answer_at_the_top_is_one_that_is_asked_below(s):
    asked = [line for step in readme.steps(OWN) for line in step.commands.splitlines() if line.startswith(QUESTION)]
    page = (readme.ROOT / "README.md").read_text()
    shown = [line[2:] for line in page.splitlines() if line.startswith("$ redis-cli")]
    assert asked and shown[:1] == asked[:1], "at the top: %s, below: %s" % (shown[:1], asked)


@scenario(real=False)
def a_reply_of_the_readme_may_differ_in_numbers_only(s):
    shown = '1) "v243"\n2) "657"\n...\nverdict: exact - 51 lists, 19 998 events, 0 wrong\n04:16:14 done\n'
    told = '1) "v7"\n2) "1048"\n3) "x"\nverdict: exact - 8 lists, 1 219 998 events, 0 wrong\n23:00:00 done\n'
    assert readme.reply_holds(shown, told) and readme.reply_holds(shown, shown.replace("...\n", ""))
    for old, new in (("exact", "different"), ("8 lists", "0 lists"), ("0 wrong", "3 wrong"), ("23:00:00 done", "done"),
                     ('1) "v7"\n', ""), ("done\n", "done\nmore\n")):
        assert not readme.reply_holds(shown, told.replace(old, new)), "%r may not become %r" % (old, new)
