package dev.stationmaster.jobs.runner.gpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import dev.stationmaster.testing.FakeSmi;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GpuInventoryTest {
    private static final long MIB = 1L << 20;
    private static final String MIG_LIST = """
            GPU 0: NVIDIA Test 80GB (UUID: GPU-0)
              MIG 3g.40gb     Device  0: (UUID: MIG-a)
              MIG 1g.10gb     Device  1: (UUID: MIG-b)
            GPU 1: NVIDIA Test 80GB (UUID: GPU-1)
            """;

    @TempDir
    Path folder;

    private FakeSmi smi;

    @BeforeEach
    void fake() {
        smi = new FakeSmi(folder);
    }

    private GpuReading read() {
        return new GpuInventory(smi.program(), Duration.ofSeconds(20)).read();
    }

    private List<GpuDevice> devices() {
        return Objects.requireNonNull(read().devices());
    }

    private GpuDevice only(String more) {
        smi.says("xml", FakeSmi.head(1) + FakeSmi.gpu(0, more) + "</nvidia_smi_log>");
        return devices().get(0);
    }

    @Test
    void the_xml_tells_what_there_is() {
        smi.gpus(0, 3);
        assertThat(devices())
                .containsExactly(
                        new GpuDevice("GPU-0", 0, "00000000:00:00.0", "NVIDIA Test 80GB", 81559 * MIB, null, null),
                        new GpuDevice(
                                "GPU-1",
                                1,
                                "00000000:01:00.0",
                                "NVIDIA Test 80GB",
                                81559 * MIB,
                                null,
                                "3 uncorrectable memory errors since its last reset"));
    }

    private static String mig(int index, int errors) {
        return "<mig_device><index>" + index + "</index><gpu_instance_id>" + (index + 2) + "</gpu_instance_id>"
                + "<compute_instance_id>0</compute_instance_id><ecc_error_count><volatile_count><sram_uncorrectable>"
                + errors + "</sram_uncorrectable></volatile_count></ecc_error_count>"
                + "<fb_memory_usage><total>9984 MiB</total></fb_memory_usage></mig_device>";
    }

    private void partitioned(String more, int... errors) {
        String slices = errors.length == 0 ? "" : mig(0, errors[0]) + mig(1, errors[1]);
        smi.says(
                "xml",
                FakeSmi.head(2)
                        + FakeSmi.gpu(
                                0,
                                "<mig_mode><current_mig>Enabled</current_mig></mig_mode><mig_devices>" + slices
                                        + "</mig_devices>" + more)
                        + FakeSmi.gpu(1, "<mig_mode><current_mig>N/A</current_mig></mig_mode>") + "</nvidia_smi_log>");
    }

    @Test
    void a_gpu_in_mig_mode_offers_its_parts_instead_of_itself() {
        partitioned("", 0, 0);
        smi.says("list", MIG_LIST);
        assertThat(devices())
                .extracting(GpuDevice::id, GpuDevice::gpu, GpuDevice::profile, GpuDevice::memoryBytes)
                .containsExactly(
                        tuple("MIG-a", 0, "3g.40gb", 9984 * MIB),
                        tuple("MIG-b", 0, "1g.10gb", 9984 * MIB),
                        tuple("GPU-1", 1, null, 81559 * MIB));
        partitioned("");
        assertThat(devices()).extracting(GpuDevice::id).containsExactly("GPU-1");
    }

    @Test
    void errors_of_a_part_are_its_own_and_a_reset_concerns_all_parts() {
        smi.says("list", MIG_LIST);
        String volatileErrors =
                "<ecc_errors><volatile><sram_uncorrectable>2</sram_uncorrectable></volatile></ecc_errors>";
        partitioned(volatileErrors, 0, 2);
        assertThat(devices())
                .extracting(GpuDevice::fault)
                .containsExactly(null, "2 uncorrectable memory errors since its last reset", null);
        partitioned(volatileErrors, 0, 0);
        assertThat(devices().subList(0, 2)).extracting(GpuDevice::fault).doesNotContainNull();
        partitioned("<gpu_reset_status><reset_required>Yes</reset_required></gpu_reset_status>", 0, 2);
        assertThat(devices())
                .extracting(GpuDevice::fault)
                .containsExactly("it needs a reset", "it needs a reset", null);
    }

    @Test
    void without_the_list_parts_have_the_long_name_that_cuda_knows_too() {
        partitioned("", 0, 0);
        assertThat(devices()).extracting(GpuDevice::id).containsExactly("MIG-GPU-0/2/0", "MIG-GPU-0/3/0", "GPU-1");
    }

    @ParameterizedTest
    @CsvSource(delimiterString = " => ", textBlock = """
            <fan_speed>ERR!</fan_speed> => fan_speed reads ERR!
            <temperature><gpu_temp>Unknown Error</gpu_temp></temperature> => gpu_temp reads Unknown Error
            <temperature><gpu_temp>[Unknown Error]</gpu_temp></temperature> => gpu_temp reads [Unknown Error]
            <power_readings>GPU requires reset</power_readings> => power_readings reads GPU requires reset
            <clocks><sm_clock>[GPU is lost]</sm_clock></clocks> => sm_clock reads [GPU is lost]
            <gpu_recovery_action>Node Reboot</gpu_recovery_action> => the driver asks for: Node Reboot
            <remapped_rows><remapped_row_failure>Yes</remapped_row_failure></remapped_rows> => it has no spare memory rows left (row remapping failed)
            <retired_pages><pending_blacklist>Yes</pending_blacklist></retired_pages> => memory pages wait to be retired; it needs a reset
            <retired_pages><pending_retirement>Yes</pending_retirement></retired_pages> => memory pages wait to be retired; it needs a reset
            <ecc_errors><volatile><double_bit><device_memory>4</device_memory><total>5</total></double_bit></volatile></ecc_errors> => 5 uncorrectable memory errors since its last reset
            <ecc_errors><volatile><sram_uncorrectable_parity>1</sram_uncorrectable_parity><sram_uncorrectable_secded>2</sram_uncorrectable_secded></volatile></ecc_errors> => 3 uncorrectable memory errors since its last reset
            """)
    void what_is_wrong_is_told(String cell, String fault) {
        assertThat(only(cell).fault()).isEqualTo(fault);
    }

    @ParameterizedTest
    @CsvSource(textBlock = """
            <gpu_recovery_action>None</gpu_recovery_action>
            <gpu_recovery_action>N/A</gpu_recovery_action>
            <ecc_errors><volatile><dram_uncorrectable>N/A</dram_uncorrectable></volatile></ecc_errors>
            <ecc_errors><volatile><dram_correctable>7</dram_correctable></volatile></ecc_errors>
            <ecc_errors><aggregate><dram_uncorrectable>7</dram_uncorrectable></aggregate></ecc_errors>
            <remapped_rows>N/A</remapped_rows>
            <power_state>Requested functionality has been deprecated</power_state>
            <x>[Not Supported]</x>
            <x>[Insufficient Permissions]</x>
            <processes><process_info><process_name>ERR!</process_name></process_info></processes>
            """)
    void what_a_gpu_does_not_have_is_no_fault(String cell) {
        assertThat(only(cell).fault()).isNull();
    }

    @Test
    void memory_that_is_not_told_is_not_zero() {
        smi.says(
                "xml",
                FakeSmi.head(1)
                        + "<gpu id=\"0\"><uuid>GPU-x</uuid><fb_memory_usage><total>N/A</total></fb_memory_usage></gpu></nvidia_smi_log>");
        assertThat(devices()).containsExactly(new GpuDevice("GPU-x", 0, "0", null, null, null, null));
    }

    @Test
    void no_gpu_is_something_else_than_not_known() {
        smi.says("xml", FakeSmi.head(0) + "</nvidia_smi_log>");
        assertThat(devices()).isEmpty();
        smi.says("xml", FakeSmi.head(2) + "</nvidia_smi_log>");
        assertThat(read().devices()).isNull();
        for (String odd : List.of("", "<html/>", "<nvidia_smi_log>", "No devices were found")) {
            smi.says("xml", odd);
            assertThat(read().devices()).as(odd).isNull();
        }
        var missing = new GpuInventory(folder.resolve("nothing").toString(), Duration.ofSeconds(5)).read();
        assertThat(missing.devices()).isEmpty();
        var noProgram = new GpuInventory(folder.toString(), Duration.ofSeconds(5)).read();
        assertThat(noProgram.devices()).isNull();
    }

    @Test
    void a_document_that_names_files_of_this_machine_reads_none() {
        Path secret = folder.resolve("secret");
        smi.says("secret", "ERR!");
        String doctype = "<!DOCTYPE nvidia_smi_log [<!ENTITY x SYSTEM \"" + secret.toUri() + "\">]>";
        smi.says("xml", doctype + "<nvidia_smi_log>" + FakeSmi.gpu(0, "<cell>&x;</cell>") + "</nvidia_smi_log>");
        GpuReading reading = read();
        assertThat(reading.devices() == null ? "" : reading.devices().toString())
                .doesNotContain("ERR!");
    }

    @Test
    void the_csv_serves_where_the_xml_does_not() {
        smi.says("csv", """
                0, GPU-0, NVIDIA A, 00000000:01:00.0, 40960 MiB, Disabled, 0, [N/A], No
                1, GPU-1, NVIDIA B, 00000000:02:00.0, [N/A], [N/A], 2, No, No
                2, GPU-2, NVIDIA B, 00000000:03:00.0, 40960 MiB, N/A, 0, No, Yes
                3, GPU-3, NVIDIA B, 00000000:04:00.0, [Unknown Error], N/A, 0, Yes, No
                4, GPU-4, NVIDIA B, 00000000:05:00.0, 40960 MiB, N/A, [N/A], Yes, [Not Supported]
                5, GPU-5, NVIDIA B, 00000000:06:00.0, 40960 MiB, Enabled, 0, No, No

                """);
        smi.says("list", """
                GPU 5: NVIDIA B (UUID: GPU-5)
                  MIG 1g.5gb     Device  0: (UUID: MIG-5a)
                """);
        assertThat(devices())
                .extracting(GpuDevice::id, GpuDevice::memoryBytes, GpuDevice::fault)
                .containsExactly(
                        tuple("GPU-0", 40960 * MIB, null),
                        tuple("GPU-1", null, "2 uncorrectable memory errors since its last reset"),
                        tuple("GPU-2", 40960 * MIB, SmiCells.REMAP_FAILED),
                        tuple("GPU-3", null, "it reads [Unknown Error]"),
                        tuple("GPU-4", 40960 * MIB, SmiCells.RETIREMENT_PENDING),
                        tuple("MIG-5a", null, null));
    }

    @Test
    void the_list_serves_where_nothing_else_does() {
        smi.says("list", MIG_LIST + "GPU 2: Tesla K80\n");
        assertThat(devices())
                .extracting(GpuDevice::id, GpuDevice::profile)
                .containsExactly(
                        tuple("MIG-a", "3g.40gb"), tuple("MIG-b", "1g.10gb"), tuple("GPU-1", null), tuple("2", null));
    }

    @Test
    void a_driver_that_fails_is_unknown_and_a_gpu_off_the_bus_is_named() {
        smi.says(
                "failure",
                "Unable to determine the device handle for GPU 0000:02:00.0: GPU is lost. Reboot the system\n");
        GpuReading reading = read();
        assertThat(reading.devices()).isNull();
        assertThat(reading.problem()).startsWith("nvidia-smi ended with 9: Unable to determine");
        var there = new GpuDevice("GPU-9", 9, "00000000:02:00.0", null, null, null, null);
        assertThat(reading.lost(there)).contains("GPU is lost. Reboot the system");
        assertThat(reading.lost(GpuDevice.numbered(1))).isEmpty();
        assertThat(GpuReading.lostIn("Unable to determine the device handle for GPU 000:BA:80.0: Unknown Error"))
                .containsEntry("BA:80.0", "Unknown Error");
    }

    @Test
    void one_that_hangs_is_ended_and_says_nothing() {
        smi.hangs();
        GpuReading reading = new GpuInventory(smi.program(), Duration.ofMillis(300)).read();
        assertThat(reading.devices()).isNull();
        assertThat(reading.problem()).isEqualTo("nvidia-smi does not answer");
    }
}
