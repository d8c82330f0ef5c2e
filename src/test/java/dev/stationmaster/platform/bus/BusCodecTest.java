package dev.stationmaster.platform.bus;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.stationmaster.accounts.AccountMessages;
import dev.stationmaster.agents.AgentMessages;
import dev.stationmaster.agents.deployments.DeploymentMessages;
import dev.stationmaster.costs.CostMessages;
import dev.stationmaster.experiments.ExperimentMessages;
import dev.stationmaster.jobs.JobMessages;
import dev.stationmaster.jobs.ServiceMessages;
import dev.stationmaster.policies.PolicyMessages;
import io.vertx.core.buffer.Buffer;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class BusCodecTest {
    private static final MessageTypes TYPES = MessageTypes.of(List.of(
            AccountMessages.class,
            AgentMessages.class,
            CostMessages.class,
            DeploymentMessages.class,
            ExperimentMessages.class,
            JobMessages.class,
            ServiceMessages.class,
            PolicyMessages.class));

    private final BusCodec codec = new BusCodec(TYPES);

    static Collection<Class<? extends BusMessage>> everyMessage() {
        assertThat(TYPES.all()).hasSizeGreaterThan(25);
        return TYPES.all();
    }

    private BusMessage overTheWire(BusMessage message) {
        Buffer buffer = Buffer.buffer("before");
        int start = buffer.length();
        codec.encodeToWire(buffer, message);
        buffer.appendString("after");
        return codec.decodeFromWire(start, buffer);
    }

    @ParameterizedTest
    @MethodSource("everyMessage")
    void every_message_survives_the_wire(Class<? extends BusMessage> type) {
        BusMessage full = SampleMessages.full(type);
        assertThat(overTheWire(full)).isEqualTo(full);
        BusMessage sparse = SampleMessages.sparse(type);
        assertThat(overTheWire(sparse)).isEqualTo(sparse);
    }

    @Test
    void a_local_receiver_gets_the_same_object() {
        var message = new JobMessages.ActiveJobs(3);
        assertThat(codec.transform(message)).isSameAs(message);
    }

    private static Buffer wire(String type, String json) {
        byte[] body = json.getBytes(StandardCharsets.UTF_8);
        return Buffer.buffer()
                .appendInt(type.length())
                .appendString(type)
                .appendInt(body.length)
                .appendBytes(body);
    }

    @Test
    void types_outside_the_list_are_refused() {
        for (String type : List.of("java.lang.String", "dev.stationmaster.jobs.Job", "", "x".repeat(1000))) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> codec.decodeFromWire(0, wire(type, "{}")))
                    .withMessageContaining("not allowed");
        }
    }

    @Test
    void fields_of_a_newer_version_are_ignored() {
        BusMessage read = codec.decodeFromWire(
                0, wire(JobMessages.ActiveJobs.class.getName(), "{\"count\":3,\"added_later\":{\"a\":1}}"));
        assertThat(read).isEqualTo(new JobMessages.ActiveJobs(3));
    }
}
