package dev.stationmaster.policies;

/** The rules in effect on this node: written by the verticle, read by everybody. Thread-safe. */
final class CurrentBook {
    private volatile PolicyBook book = PolicyBook.EMPTY;

    PolicyBook get() {
        return book;
    }

    void set(PolicyBook newer) {
        book = newer;
    }
}
