"""The rights that the runbook asks for, on a broker that grants nothing else. These have a broker of their own."""
import data
from scenario import scenario
from stack import Broker
from test_judge import judge
from test_letters import arrived, await_said, committed, feed_bad

USER, PASSWORD = "topkd", "secret"


def login(s, password=PASSWORD):
    return {"BROKERS": s.broker.users_bootstrap, "RDKAFKA_SECURITY_PROTOCOL": "SASL_PLAINTEXT",
            "RDKAFKA_SASL_MECHANISMS": "PLAIN", "RDKAFKA_SASL_USERNAME": USER, "RDKAFKA_SASL_PASSWORD": password}


@scenario()
def rights_that_are_missing_are_named_and_nobody_restarts_for_them(s):
    s.use_broker(Broker(s.directory / "kafka", users="%s:%s" % (USER, PASSWORD)))
    s.create_topic(2)
    letters = s.topic + "-dead"
    s.kafka.create_topic(letters, 1)

    w = s.start_worker(**login(s, "wrong"))
    await_said(s, w, "does not let us in", "TOPKD_RDKAFKA_SASL_USERNAME")
    s.wait_for("the log says so", lambda: w.events("kafka_unreachable"), 10)
    assert len(w.events("kafka_unreachable")) == 1, "one fact, told %d times" % len(w.events("kafka_unreachable"))
    assert s.terminate(w) == 0

    w = s.start_worker(**login(s))
    await_said(s, w, "grant Read on topic " + s.topic)
    judge("--topic", s.topic, **login(s)).expect_failure("grant Read on topic " + s.topic)
    s.broker.grant(USER, "Read", "--topic", s.topic)
    assert judge("--topic", s.topic, **login(s)).lines == ["messages=0 events=0 applied=0: there was nothing to judge"]
    await_said(s, w, "not in the group", "grant Read on the group")
    s.broker.grant(USER, "Read", "--group", s.group)
    w.await_ready()
    events = data.sales(5000)
    s.feed(events)
    s.seal(events)
    s.expect_truth()  # with the rights of a reader, and no other
    assert s.terminate(w) == 0

    w = s.start_worker(DLQ_TOPIC=letters, **login(s))
    await_said(s, w, "grant Write on topic " + letters)
    before = committed(s)
    offsets = feed_bad(s, 20)
    s.wait_for("the letters wait", lambda: s.metric("topkd_dead_letters_waiting") == len(offsets), 20)
    s.kill(w)
    w = s.start_worker(DLQ_TOPIC=letters, **login(s))
    s.wait_for("the letters wait again", lambda: s.metric("topkd_dead_letters_waiting") == len(offsets), 40)
    assert committed(s) == before, "a commit passed letters that wait"
    s.broker.grant(USER, "Write", "--topic", letters)
    w.await_ready()
    s.await_consumed()
    assert sorted(arrived(s, letters)) == [(0, o, 0) for o in offsets]


@scenario()
def a_right_to_write_that_comes_late_heals_though_the_topic_could_be_seen(s):
    s.use_broker(Broker(s.directory / "kafka", users="%s:%s" % (USER, PASSWORD)))
    s.create_topic(1)
    letters = s.topic + "-dead"
    s.kafka.create_topic(letters, 1)
    s.broker.grant(USER, "Read", "--topic", s.topic, "--group", s.group)
    s.broker.grant(USER, "Describe", "--topic", letters)
    w, = s.start_workers(1, DLQ_TOPIC=letters, **login(s))
    offsets = feed_bad(s, 20)
    await_said(s, w, "dead letters wait", "grant Write on topic " + letters)
    assert committed(s) == 0, "a commit passed letters that wait"
    s.broker.grant(USER, "Write", "--topic", letters)
    w.await_ready()
    s.await_consumed()
    assert sorted(arrived(s, letters)) == [(0, o, 0) for o in offsets]
    waits = w.events("dead_letters_wait")
    assert len(waits) == 1 and waits[0]["partition"] == "0", waits
    assert len(w.events("dead_letters_taken")) == 1
