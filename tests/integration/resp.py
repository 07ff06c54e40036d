"""A small Redis client in plain Python, over a unix socket. Bytes in, bytes out; pipelines keep the order."""
import socket


class RedisError(Exception):
    pass


def encode(command):
    out = bytearray(b"*%d\r\n" % len(command))
    for word in command:
        raw = word if isinstance(word, bytes) else str(word).encode()
        out += b"$%d\r\n%s\r\n" % (len(raw), raw)
    return out


class Resp:
    def __init__(self, path, timeout_s=10):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(timeout_s)
        self.sock.connect(str(path))
        self.file = self.sock.makefile("rb")

    def close(self):
        self.file.close()
        self.sock.close()

    def __call__(self, *command):
        return self.pipeline([command])[0]

    def pipeline(self, commands):
        """All COMMANDS at once; the answers in their order. An error answer is raised after all were read."""
        answers = []
        for start in range(0, len(commands), 1000):  # so that neither side's buffer fills while nobody reads
            part = commands[start:start + 1000]
            self.sock.sendall(b"".join(encode(c) for c in part))
            answers += [self._read() for _ in part]
        for answer in answers:
            if isinstance(answer, RedisError):
                raise answer
        return answers

    def _read(self):
        line = self.file.readline()
        if not line.endswith(b"\r\n"):
            raise OSError("Redis closed the connection")
        kind, rest = line[:1], line[1:-2]
        if kind == b"+":
            return rest
        if kind == b"-":
            return RedisError(rest.decode())
        if kind == b":":
            return int(rest)
        if kind == b"$":
            return self._bulk(int(rest))
        return None if rest == b"-1" else [self._read() for _ in range(int(rest))]

    def _bulk(self, size):
        return None if size < 0 else self.file.read(size + 2)[:-2]
