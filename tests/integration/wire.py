"""A small Kafka client in plain Python: what the scenarios must do to a broker without starting a Java process for it.

It makes, grows, cuts and deletes topics, produces records with chosen timestamps, keys, headers and transactions, and
asks for offsets, commits and group members. It talks to one broker (cluster.py to several), in protocol versions that
every broker from 2.1 to 4.x speaks. Nothing is read back with it: kcat reads records and Kafka's own tool tells the
lag, so that the eyes are other people's.
"""
import gzip
import socket
import struct
import threading
import time

ERRORS = {3: "UNKNOWN_TOPIC_OR_PARTITION", 5: "LEADER_NOT_AVAILABLE", 6: "NOT_LEADER", 7: "REQUEST_TIMED_OUT",
          14: "COORDINATOR_LOAD_IN_PROGRESS", 15: "COORDINATOR_NOT_AVAILABLE", 16: "NOT_COORDINATOR",
          19: "NOT_ENOUGH_REPLICAS", 20: "NOT_ENOUGH_REPLICAS_AFTER_APPEND", 36: "TOPIC_ALREADY_EXISTS",
          51: "CONCURRENT_TRANSACTIONS"}
PASSING = {3, 5, 6, 7, 14, 15, 16, 19, 20, 51}  # gone after a moment
PATIENCE_S = 60


class KafkaError(Exception):
    def __init__(self, code, where):
        super().__init__("%s: %s" % (where, ERRORS.get(code, "error %d" % code)))
        self.code = code


def check(code, where):
    if code:
        raise KafkaError(code, where)


class Writer:
    """Bytes of a request, field by field."""

    def __init__(self):
        self.out = bytearray()

    def num(self, fmt, *values):
        self.out += struct.pack(">" + fmt, *values)
        return self

    def text(self, value):
        if value is None:
            return self.num("h", -1)
        raw = value.encode()
        self.num("h", len(raw))
        self.out += raw
        return self

    def raw(self, value):
        self.num("i", len(value))
        self.out += value
        return self

    def array(self, values, put):
        self.num("i", len(values))
        for value in values:
            put(self, value)
        return self


class Reader:
    """Fields of an answer."""

    def __init__(self, data):
        self.data, self.at = data, 0

    def num(self, fmt):
        values = struct.unpack_from(">" + fmt, self.data, self.at)
        self.at += struct.calcsize(">" + fmt)
        return values[0] if len(values) == 1 else values

    def text(self):
        size = self.num("h")
        return None if size < 0 else self.take(size).decode()

    def raw(self):
        return self.take(max(self.num("i"), 0))

    def take(self, size):
        self.at += size
        return bytes(self.data[self.at - size:self.at])

    def array(self, get):
        return [get(self) for _ in range(max(self.num("i"), 0))]


class Connection:
    """One socket to the broker; calls are one at a time."""

    def __init__(self, bootstrap):
        host, port = bootstrap.rsplit(":", 1)
        self.sock = socket.create_connection((host, int(port)), timeout=30)
        self.lock = threading.Lock()
        self.next_id = 0

    def call(self, api, version, body):
        with self.lock:
            self.next_id += 1
            head = Writer().num("hhi", api, version, self.next_id).text("topkd-tests")
            self.sock.sendall(struct.pack(">i", len(head.out) + len(body.out)) + head.out + body.out)
            size, got = struct.unpack(">ii", self._take(8))
            if got != self.next_id:
                raise OSError("answer %d to request %d" % (got, self.next_id))
            return Reader(self._take(size - 4))

    def _take(self, size):
        data = bytearray()
        while len(data) < size:
            part = self.sock.recv(size - len(data))
            if not part:
                raise OSError("the broker closed the connection")
            data += part
        return data

    def close(self):
        self.sock.close()


class Kafka:
    """The broker at BOOTSTRAP. Each thread that uses it at the same time should have its own."""
    replicas = 1  # of a topic that is made
    patience_s = PATIENCE_S

    def __init__(self, bootstrap):
        self.bootstrap = bootstrap
        self.connection = None

    def call(self, api, version, body):
        if self.connection is None:
            self.connection = Connection(self.bootstrap)
        try:
            return self.connection.call(api, version, body)
        except OSError:
            self.close()
            raise

    def close(self):
        if self.connection:
            self.connection.close()
        self.connection = None

    def patiently(self, act, passing=PASSING):
        """ACT again and again while the broker is only not ready yet."""
        give_up = time.monotonic() + self.patience_s
        while True:
            try:
                return act()
            except (KafkaError, OSError) as e:
                if (isinstance(e, KafkaError) and e.code not in passing) or time.monotonic() > give_up:
                    raise
            time.sleep(0.05)

    # -- topics ------------------------------------------------------------------------------------
    def create_topic(self, topic, partitions, **configs):
        """Makes TOPIC and returns once every partition has a leader; configs as cleanup_policy='compact'."""
        settings = [(k.replace("_", "."), str(v)) for k, v in configs.items()]

        def write_topic(w, name):
            w.text(name).num("ih", partitions, self.replicas).array([], None)
            return w.array(settings, lambda v, kv: v.text(kv[0]).text(kv[1]))
        body = Writer().array([topic], write_topic).num("ib", 10000, 0)

        def create():
            answer = self.call(19, 2, body)
            answer.num("i")
            for code in answer.array(lambda r: (r.text(), r.num("h"), r.text())[1]):
                check(code, "create " + topic)
        self.patiently(create, passing=PASSING | {36})
        self.await_leaders(topic, partitions)

    def await_leaders(self, topic, partitions):
        def leaders():
            led = self.leaders(topic)
            if len(led) < partitions or any(leader < 0 for leader in led.values()):
                raise KafkaError(5, topic)
        self.patiently(leaders)
        self.patiently(lambda: self.ends(topic, partitions))

    def leaders(self, topic):
        return {index: leader for index, (leader, _) in self.replicas_of(topic).items()}

    def replicas_of(self, topic):
        """Partition -> (leader, the replicas that are in sync)."""
        answer = self.call(3, 1, Writer().array([topic], Writer.text))
        answer.array(lambda r: (r.num("i"), r.text(), r.num("i"), r.text()))
        answer.num("i")

        def one_topic(r):
            code, _, _ = r.num("h"), r.text(), r.num("b")
            found = r.array(lambda q: (q.num("hii"), q.array(lambda x: x.num("i")), q.array(lambda x: x.num("i"))))
            check(code, topic)
            return {index: (leader, in_sync) for (_, index, leader), _, in_sync in found}
        return answer.array(one_topic)[0]

    def delete_topic(self, topic):
        answer = self.call(20, 1, Writer().array([topic], Writer.text).num("i", 10000))
        answer.num("i")
        answer.array(lambda r: check((r.text(), r.num("h"))[1], "delete " + topic))

    def grow_topic(self, topic, partitions):
        body = Writer().array([topic], lambda w, t: w.text(t).num("ii", partitions, -1)).num("ib", 10000, 0)
        answer = self.call(37, 0, body)
        answer.num("i")
        answer.array(lambda r: check((r.text(), r.num("h"), r.text())[1], "grow " + topic))
        self.await_leaders(topic, partitions)

    def delete_records(self, topic, before):
        """BEFORE: partition -> first offset to keep."""
        body = Writer().array([topic], lambda w, t: w.text(t).array(
            list(before.items()), lambda v, po: v.num("iq", *po))).num("i", 10000)
        answer = self.call(21, 0, body)
        answer.num("i")
        answer.array(lambda r: (r.text(), r.array(lambda q: check(q.num("iqh")[2], "delete records of " + topic))))

    # -- offsets and groups ------------------------------------------------------------------------
    def offsets(self, topic, partitions, when, committed_only=False):
        """PARTITIONS: how many, or which."""
        chosen = range(partitions) if isinstance(partitions, int) else partitions
        body = Writer().num("ib", -1, 1 if committed_only else 0).array([topic], lambda w, t: w.text(t).array(
            chosen, lambda v, p: v.num("iq", p, when)))
        answer = self.call(2, 2, body)
        answer.num("i")
        found = answer.array(lambda r: (r.text(), r.array(lambda q: q.num("ihqq"))))[0][1]
        for _, code, _, _ in found:
            check(code, "offsets of " + topic)
        return {p: offset for p, _, _, offset in found}

    def ends(self, topic, partitions):
        return self.offsets(topic, partitions, -1)

    def starts(self, topic, partitions):
        return self.offsets(topic, partitions, -2)

    def find_coordinator(self, name, kind):
        """Its number. The first who asks makes the broker create its internal topic. KIND: 0 of a group, 1 of
        transactions."""
        answer = self.call(10, 1, Writer().text(name).num("b", kind))
        answer.num("i")
        check(answer.num("h"), "coordinator of " + name)
        answer.text()
        return answer.num("i")

    def commits(self, group, topic, partitions):
        """Partition -> (offset, metadata) for those with a commit."""
        self.patiently(lambda: self.find_coordinator(group, 0))
        return self.patiently(lambda: self.commits_here(group, topic, partitions))

    def commits_here(self, group, topic, partitions):
        """The same, of the broker that is asked: it must be the coordinator."""
        body = Writer().text(group).array([topic], lambda w, t: w.text(t).array(
            range(partitions), lambda v, p: v.num("i", p)))
        answer = self.call(9, 2, body)
        found = answer.array(lambda r: (r.text(), r.array(lambda q: (q.num("iq"), q.text(), q.num("h")))))
        check(answer.num("h"), "commits of " + group)
        return {p: (offset, text or "") for (p, offset), text, _ in (found[0][1] if found else []) if offset >= 0}

    def group(self, group):
        """(state, number of members) as the coordinator sees them."""
        answer = self.call(15, 0, Writer().array([group], Writer.text))

        def one(r):
            _, _, state, _, _ = r.num("h"), r.text(), r.text(), r.text(), r.text()
            return state, len(r.array(lambda q: (q.text(), q.text(), q.text(), q.raw(), q.raw())))
        return answer.array(one)[0]

    # -- producing ---------------------------------------------------------------------------------
    def produce(self, topic, partition, records, transaction=None):
        """RECORDS, each a Record, as one batch; returns the first one's offset once the broker has acknowledged it. A
        broker that is away is asked again: a batch may then be in the log twice, and the log is the truth."""
        batch = encode_batch(records, transaction, partition)
        return self.patiently(lambda: self.produce_here(topic, partition, batch, transaction))

    def produce_here(self, topic, partition, batch, transaction=None):
        """The same once, of an encoded batch, to the broker that is asked: it must be the leader."""
        body = Writer().text(transaction and transaction.name).num("hi", -1, 10000).array([topic], lambda w, t: w.text(
            t).array([partition], lambda v, p: v.num("i", p).raw(batch)))
        answer = self.call(0, 3, body)
        _, [(_, code, offset, _)] = answer.array(lambda r: (r.text(), r.array(lambda q: q.num("ihqq"))))[0]
        check(code, "produce to %s/%d" % (topic, partition))
        return offset


class Record:
    __slots__ = ("value", "time_ms", "key", "headers")

    def __init__(self, value, time_ms, key=None, headers=()):
        self.value, self.time_ms, self.key, self.headers = value, time_ms, key, headers


class Transaction:
    """Records of one transaction. `with` is not offered: a scenario says aloud whether it commits or aborts."""

    def __init__(self, kafka, name):
        self.kafka, self.name, self.sequence = kafka, name, {}
        self.kafka.patiently(lambda: self.kafka.find_coordinator(name, 1))
        self.pid, self.epoch = self.kafka.patiently(self._init)

    def _init(self):
        answer = self.kafka.call(22, 0, Writer().text(self.name).num("i", 60000))
        answer.num("i")
        check(answer.num("h"), "begin " + self.name)
        return answer.num("qh")

    def produce(self, topic, partition, records):
        def join():
            body = Writer().text(self.name).num("qh", self.pid, self.epoch).array([topic], lambda w, t: w.text(t).array(
                [partition], lambda v, p: v.num("i", p)))
            answer = self.kafka.call(24, 0, body)
            answer.num("i")
            answer.array(lambda r: (r.text(), r.array(lambda q: check(q.num("ih")[1], "join " + self.name))))
        self.kafka.patiently(join)
        offset = self.kafka.produce(topic, partition, records, self)
        self.sequence[partition] = self.sequence.get(partition, 0) + len(records)
        return offset

    def _end(self, commit):
        def end():
            answer = self.kafka.call(26, 0, Writer().text(self.name).num("qhb", self.pid, self.epoch, commit))
            answer.num("i")
            check(answer.num("h"), "end " + self.name)
        self.kafka.patiently(end)

    def commit(self):
        self._end(1)

    def abort(self):
        self._end(0)


# -- the record batch, format 2 ----------------------------------------------------------------------
def varint(out, n):
    n = (n << 1) ^ (n >> 63)
    while n > 0x7F:
        out.append(n & 0x7F | 0x80)
        n >>= 7
    out.append(n)


def put_bytes(out, value):
    varint(out, -1 if value is None else len(value))
    out += value or b""


def encode_record(record, delta, base_ms):
    body = bytearray(b"\0")
    varint(body, record.time_ms - base_ms)
    varint(body, delta)
    put_bytes(body, record.key)
    put_bytes(body, record.value)
    varint(body, len(record.headers))
    for name, value in record.headers:
        put_bytes(body, name.encode())
        put_bytes(body, value)
    out = bytearray()
    varint(out, len(body))
    return out + body


def encode_batch(records, transaction, partition):
    """Compressed with gzip: less to send, and far less to run the checksum over."""
    base_ms = records[0].time_ms
    packed = gzip.compress(b"".join(encode_record(r, i, base_ms) for i, r in enumerate(records)), 1)
    pid, epoch, sequence = -1, -1, -1
    if transaction:
        pid, epoch, sequence = transaction.pid, transaction.epoch, transaction.sequence.get(partition, 0)
    body = struct.pack(">hiqqqhii", 0x10 | 1 if transaction else 1, len(records) - 1, base_ms,
                       max(r.time_ms for r in records), pid, epoch, sequence, len(records)) + packed
    return struct.pack(">qiibI", 0, len(body) + 9, -1, 2, crc32c(body)) + body


def _crc_table():
    table = []
    for n in range(256):
        for _ in range(8):
            n = (n >> 1) ^ 0x82F63B78 if n & 1 else n >> 1
        table.append(n)
    return table


CRC_TABLE = _crc_table()


def crc32c(data):
    crc, table = 0xFFFFFFFF, CRC_TABLE
    for byte in data:
        crc = crc >> 8 ^ table[(crc ^ byte) & 0xFF]
    return crc ^ 0xFFFFFFFF
