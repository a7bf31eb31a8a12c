package example;

import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.util.Date;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/** A bean with members of many types, given back as it came. */
public class Values {
    public enum Color {
        RED,
        GREEN {
            @Override
            public String toString() {
                return "verde";
            }
        }
    }

    public static class Pair<A, B> {
        private A first;
        private B second;

        public A getFirst() {
            return first;
        }

        public void setFirst(A first) {
            this.first = first;
        }

        public B getSecond() {
            return second;
        }

        public void setSecond(B second) {
            this.second = second;
        }
    }

    public static class Parent {
        public String inherited;
    }

    public static class All extends Parent {
        public boolean flag;
        public Boolean boxed;
        public byte small;
        public short medium;
        public int whole;
        public long large;
        public float real;
        public double precise;
        public char letter;
        public String text;
        public BigDecimal exact;
        public Color color;
        public byte[] bytes;
        public int[][] matrix;
        public List<Pair<String, Integer>> pairs;
        public Map<Color, List<Long>> byColor;
        public EnumMap<Color, Integer> counts;
        public Set<Integer> set;
        public Optional<String> maybe;
        public Date date;
        public Instant instant;
        public LocalDate day;
        public LocalDateTime time;
        public Duration span;
        public UUID id;
        public Object any;
        public All child;
        public transient int passing = 5;
        public static int shared = 6;
        private int hidden = 7;
        private boolean ready;
        private String url;

        public boolean isReady() {
            return ready;
        }

        public void setReady(boolean ready) {
            this.ready = ready;
        }

        public String getURL() {
            return url;
        }

        public void setURL(String url) {
            this.url = url;
        }

        public int getComputed() {
            return whole * 2;
        }
    }

    public All same(All event) {
        return event;
    }

    public Pair<Integer, List<Color>> pair(Pair<Integer, List<Color>> event) {
        return event;
    }

    public Object any(Object event) {
        return event;
    }

    public Color color(Color event) {
        return event;
    }

    public boolean not(boolean event) {
        return !event;
    }

    public double half(double event) {
        return event / 2;
    }
}
