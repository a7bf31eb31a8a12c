package lambent.runtime.json;

import java.lang.reflect.InvocationTargetException;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.temporal.Temporal;
import java.util.Calendar;
import java.util.Date;
import java.util.GregorianCalendar;
import java.util.List;

/** Dates and times: numbers, lists and ISO 8601, as Jackson has them with its modules for Java 8 and no other setting. */
final class Times {
    private Times() {}

    static boolean is(Class<?> raw) {
        return Date.class.isAssignableFrom(raw) || Calendar.class.isAssignableFrom(raw) || raw.getName().startsWith("java.time.")
                || raw.getName().equals("org.joda.time.DateTime");
    }

    static Object bind(Object json, Class<?> raw) {
        try {
            if (Date.class.isAssignableFrom(raw) || Calendar.class.isAssignableFrom(raw)) return date(instant(json), raw);
            if (json instanceof Number) return fromNumber(json, raw);
            if (json instanceof List) return fromList((List<?>) json, raw);
            return fromText((String) json, raw);
        } catch (InvocationTargetException refused) {
            throw new Mismatch("Cannot deserialize value of type `" + raw.getName() + "`: " + refused.getCause().getMessage(), refused.getCause());
        } catch (ReflectiveOperationException | ClassCastException | java.time.DateTimeException refused) {
            throw Binder.mismatch(json, raw);
        }
    }

    /** A date by seconds since 1970, as streams tell it. */
    static Date ofSeconds(Number seconds) {
        return Date.from(seconds(Scalars.decimal(seconds)));
    }

    /** Milliseconds or a text. */
    private static Instant instant(Object json) {
        if (json instanceof Integer || json instanceof Long) return Instant.ofEpochMilli(((Number) json).longValue());
        String text = ((String) json).trim();
        if (text.matches("-?\\d{1,18}") && !text.matches("\\d{4}")) return Instant.ofEpochMilli(Long.parseLong(text));
        if (text.indexOf('T') < 0) return LocalDate.parse(text).atStartOfDay(ZoneOffset.UTC).toInstant();
        if (text.matches(".*[+-]\\d{4}")) text = text.substring(0, text.length() - 2) + ":" + text.substring(text.length() - 2);
        if (text.endsWith("Z") || text.lastIndexOf('+') > 10 || text.lastIndexOf('-') > 10) return OffsetDateTime.parse(text).toInstant();
        return LocalDateTime.parse(text).toInstant(ZoneOffset.UTC);
    }

    private static Instant seconds(BigDecimal seconds) {
        long whole = seconds.longValue();
        return Instant.ofEpochSecond(whole, seconds.subtract(BigDecimal.valueOf(whole)).movePointRight(9).longValue());
    }

    private static Object date(Instant instant, Class<?> raw) throws ReflectiveOperationException {
        if (Calendar.class.isAssignableFrom(raw)) {
            Calendar calendar = new GregorianCalendar(java.util.TimeZone.getTimeZone("UTC"));
            calendar.setTimeInMillis(instant.toEpochMilli());
            return calendar;
        }
        return raw == Date.class ? Date.from(instant) : raw.getConstructor(long.class).newInstance(instant.toEpochMilli());
    }

    private static Object fromNumber(Object json, Class<?> raw) throws ReflectiveOperationException {
        BigDecimal number = Scalars.decimal(json);
        if (raw == Duration.class) return Duration.ofSeconds(number.longValue(), number.remainder(BigDecimal.ONE).movePointRight(9).longValue());
        if (raw == LocalDate.class) return LocalDate.ofEpochDay(number.longValue());
        if (raw.getSimpleName().equals("Year")) return raw.getMethod("of", int.class).invoke(null, number.intValue());
        Instant instant = seconds(number);
        if (raw == Instant.class) return instant;
        if (raw == OffsetDateTime.class) return instant.atOffset(ZoneOffset.UTC);
        if (raw == ZonedDateTime.class) return instant.atZone(ZoneOffset.UTC);
        throw Binder.mismatch(json, raw);
    }

    private static Object fromList(List<?> list, Class<?> raw) {
        int[] part = new int[8];
        for (int i = 0; i < list.size() && i < part.length; i++) part[i] = (Integer) list.get(i);
        if (raw == LocalDate.class) return LocalDate.of(part[0], part[1], part[2]);
        if (raw == LocalTime.class) return LocalTime.of(part[0], part[1], part[2], part[3]);
        if (raw == LocalDateTime.class) return LocalDateTime.of(part[0], part[1], part[2], part[3], part[4], part[5], part[6]);
        throw Binder.mismatch(list, raw);
    }

    private static Object fromText(String text, Class<?> raw) throws ReflectiveOperationException {
        if (raw == LocalDate.class && text.indexOf('T') > 0) return LocalDateTime.parse(text.replace("Z", "")).toLocalDate();
        if (raw == LocalDateTime.class && text.endsWith("Z")) return LocalDateTime.parse(text.substring(0, text.length() - 1));
        if (raw == Instant.class) return instant(text);
        if (raw.getName().equals("java.time.ZoneId") || raw.getName().equals("java.time.ZoneOffset")) {
            return raw.getMethod("of", String.class).invoke(null, text);
        }
        if (raw.isEnum()) return raw.getMethod("valueOf", String.class).invoke(null, text);
        Class<?> taken = raw.getName().startsWith("java.time.") ? CharSequence.class : String.class;
        return raw.getMethod("parse", taken).invoke(null, text);
    }

    /** Writes a time. */
    static void write(Object time, Writer out) {
        if (time instanceof Date) out.raw(Long.toString(((Date) time).getTime()));
        else if (time instanceof Calendar) out.raw(Long.toString(((Calendar) time).getTimeInMillis()));
        else if (time instanceof Instant) decimal((Instant) time, out);
        else if (time instanceof OffsetDateTime) decimal(((OffsetDateTime) time).toInstant(), out);
        else if (time instanceof ZonedDateTime) decimal(((ZonedDateTime) time).toInstant(), out);
        else if (time instanceof Duration) decimal(((Duration) time).getSeconds(), ((Duration) time).getNano(), out);
        else if (time instanceof LocalDate || time instanceof LocalTime || time instanceof LocalDateTime) parts((Temporal) time, out);
        else if (time.getClass().getSimpleName().equals("Year")) out.raw(time.toString());
        else out.string(time.toString());
    }

    private static void decimal(Instant instant, Writer out) {
        decimal(instant.getEpochSecond(), instant.getNano(), out);
    }

    private static void decimal(long seconds, int nanos, Writer out) {
        out.raw(BigDecimal.valueOf(nanos, 9).add(BigDecimal.valueOf(seconds)).toPlainString());
    }

    private static void parts(Temporal time, Writer out) {
        out.open('[');
        if (!(time instanceof LocalTime)) {
            LocalDate date = time instanceof LocalDate ? (LocalDate) time : ((LocalDateTime) time).toLocalDate();
            for (int part : new int[] {date.getYear(), date.getMonthValue(), date.getDayOfMonth()}) out.element().raw(Integer.toString(part));
        }
        if (!(time instanceof LocalDate)) {
            LocalTime of = time instanceof LocalTime ? (LocalTime) time : ((LocalDateTime) time).toLocalTime();
            out.element().raw(Integer.toString(of.getHour())).element().raw(Integer.toString(of.getMinute()));
            if (of.getSecond() > 0 || of.getNano() > 0) out.element().raw(Integer.toString(of.getSecond()));
            if (of.getNano() > 0) out.element().raw(Integer.toString(of.getNano()));
        }
        out.close(']');
    }
}
