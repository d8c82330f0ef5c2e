package dev.stationmaster.jobs.webhooks;

import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Arrays;

/**
 * Whether an address belongs to the public internet. All that the registries of special-purpose addresses (RFC 6890) keep
 * for machines, networks, tests and tunnels does not: a webhook must not reach what only this server can reach.
 */
final class PublicAddress {
    private PublicAddress() {}

    static boolean is(InetAddress address) {
        if (address.isAnyLocalAddress()
                || address.isLoopbackAddress()
                || address.isLinkLocalAddress()
                || address.isSiteLocalAddress()
                || address.isMulticastAddress()) {
            return false;
        }
        byte[] b = address.getAddress();
        return address instanceof Inet4Address ? publicV4(b) : publicV6(b);
    }

    private static int at(byte[] bytes, int i) {
        return bytes[i] & 0xff;
    }

    private static boolean publicV4(byte[] b) {
        int first = at(b, 0);
        int second = at(b, 1);
        int third = at(b, 2);
        boolean kept = first == 0
                || first >= 240
                || (first == 100 && second >= 64 && second < 128) // shared by carriers
                || (first == 192 && second == 0 && (third == 0 || third == 2))
                || (first == 192 && second == 88 && third == 99)
                || (first == 198 && (second == 18 || second == 19))
                || (first == 198 && second == 51 && third == 100)
                || (first == 203 && second == 0 && third == 113);
        return !kept;
    }

    private static boolean publicV6(byte[] b) {
        if (at(b, 0) == 0 && at(b, 1) == 0x64 && at(b, 2) == 0xff && at(b, 3) == 0x9b) {
            boolean wellKnown = zero(b, 4, 12);
            return wellKnown && embedded(b, 12); // NAT64
        }
        if (at(b, 0) == 0x20 && at(b, 1) == 0x02) {
            return embedded(b, 2); // 6to4
        }
        boolean global = (at(b, 0) & 0xe0) == 0x20; // 2000::/3 is all there is
        boolean tunnelOrTest = at(b, 0) == 0x20
                && at(b, 1) == 0x01
                && ((at(b, 2) & 0xfe) == 0 || (at(b, 2) == 0x0d && at(b, 3) == 0xb8));
        return global && !tunnelOrTest;
    }

    private static boolean zero(byte[] b, int from, int to) {
        for (int i = from; i < to; i++) {
            if (b[i] != 0) {
                return false;
            }
        }
        return true;
    }

    private static boolean embedded(byte[] b, int from) {
        try {
            return is(InetAddress.getByAddress(Arrays.copyOfRange(b, from, from + 4)));
        } catch (UnknownHostException e) {
            throw new IllegalStateException("four bytes are an address", e);
        }
    }
}
