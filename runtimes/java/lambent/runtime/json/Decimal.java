package lambent.runtime.json;

import java.math.BigDecimal;

/** A number of JSON that is not written as a whole one: as it was written, for those who want it as a text. */
final class Decimal extends Number {
    private static final long serialVersionUID = 1;
    private final String text;

    Decimal(String text) {
        this.text = text;
    }

    BigDecimal exact() {
        return new BigDecimal(text);
    }

    @Override
    public double doubleValue() {
        return Double.parseDouble(text);
    }

    @Override
    public float floatValue() {
        return Float.parseFloat(text);
    }

    @Override
    public int intValue() {
        return exact().intValue();
    }

    @Override
    public long longValue() {
        return exact().longValue();
    }

    @Override
    public String toString() {
        return text;
    }
}
