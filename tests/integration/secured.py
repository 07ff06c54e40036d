"""A broker that asks who you are (SASL PLAIN) and lets nobody do what no ACL allows."""
import os

from stack import KAFKA, Broker, run

ADMIN, USER, PASSWORD = "admin", "worker", "secret"
LOGIN = "org.apache.kafka.common.security.plain.PlainLoginModule required"
PROPS = """log.retention.ms=-1
listener.security.protocol.map=PLAINTEXT:SASL_PLAINTEXT,CONTROLLER:PLAINTEXT
inter.broker.listener.name=PLAINTEXT
sasl.enabled.mechanisms=PLAIN
sasl.mechanism.inter.broker.protocol=PLAIN
listener.name.plaintext.plain.sasl.jaas.config={login} username="{admin}" password="{password}" \
user_{admin}="{password}" user_{user}="{password}";
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
super.users=User:{admin};User:ANONYMOUS
""".format(login=LOGIN, admin=ADMIN, user=USER, password=PASSWORD)


class SecuredBroker(Broker):
    def __init__(self, directory):
        self.directory = directory
        self.bootstrap = run(KAFKA, "start", directory, env={**os.environ, "KAFKA_PROPS": PROPS}).split()[-1]
        self.admin = directory / "admin.properties"
        self.admin.write_text("security.protocol=SASL_PLAINTEXT\nsasl.mechanism=PLAIN\n"
                              'sasl.jaas.config=%s username="%s" password="%s";\n' % (LOGIN, ADMIN, PASSWORD))

    def _tool(self, name, *args):
        return run(KAFKA, "tool", "org.apache.kafka.tools." + name, "--bootstrap-server", self.bootstrap,
                   "--command-config", self.admin, *args)

    def create_topic(self, topic, partitions):
        self._tool("TopicCommand", "--create", "--topic", topic, "--partitions", partitions)

    def allow(self, operation, *resource):
        """To the worker's user; RESOURCE as the tool takes it: "--topic", "events"."""
        self._tool("AclCommand", "--add", "--allow-principal", "User:" + USER, "--operation", operation, *resource)

    def groups(self):
        return self._tool("consumer.group.ConsumerGroupCommand", "--list").split()

    def login(self, password=PASSWORD):
        """The worker's settings."""
        return {"RDKAFKA_SECURITY_PROTOCOL": "SASL_PLAINTEXT", "RDKAFKA_SASL_MECHANISM": "PLAIN",
                "RDKAFKA_SASL_USERNAME": USER, "RDKAFKA_SASL_PASSWORD": password}
