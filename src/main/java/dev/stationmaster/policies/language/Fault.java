package dev.stationmaster.policies.language;

/**
 * What is wrong with an expression.
 *
 * @param line from 1
 * @param column from 1
 */
public record Fault(int line, int column, String message) {
    @Override
    public String toString() {
        return line + ":" + column + " " + message;
    }
}
