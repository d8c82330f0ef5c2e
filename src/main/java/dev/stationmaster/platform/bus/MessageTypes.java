package dev.stationmaster.platform.bus;

import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The allow-list of message types that may arrive from another node. Immutable. */
public final class MessageTypes {
    private final Map<String, Class<? extends BusMessage>> byName;

    private MessageTypes(Map<String, Class<? extends BusMessage>> byName) {
        this.byName = Map.copyOf(byName);
    }

    /** All records nested in the given {@code XMessages} interfaces. */
    public static MessageTypes of(List<Class<?>> contracts) {
        var found = new LinkedHashMap<String, Class<? extends BusMessage>>();
        for (Class<?> contract : contracts) {
            for (Class<?> nested : contract.getDeclaredClasses()) {
                if (BusMessage.class.isAssignableFrom(nested) && nested.isRecord()) {
                    found.put(nested.getName(), nested.asSubclass(BusMessage.class));
                }
            }
        }
        return new MessageTypes(found);
    }

    public Collection<Class<? extends BusMessage>> all() {
        return byName.values();
    }

    Class<? extends BusMessage> find(String name) {
        Class<? extends BusMessage> type = byName.get(name);
        if (type == null) {
            throw new IllegalArgumentException("Message type not allowed: " + name);
        }
        return type;
    }
}
