package dev.stationmaster;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ThisMachineTest {
    @Test
    void gpus_are_known_by_their_uuids() {
        assertThat(ThisMachine.uuids("""
                        GPU 0: NVIDIA H100 80GB HBM3 (UUID: GPU-11111111-2222-3333-4444-555555555555)
                          MIG 1g.10gb     Device  0: (UUID: MIG-66666666-7777-8888-9999-000000000000)
                        GPU 1: Tesla K80
                        """)).containsExactly("GPU-11111111-2222-3333-4444-555555555555", "1");
        assertThat(ThisMachine.uuids("No devices were found\n")).isEmpty();
    }
}
