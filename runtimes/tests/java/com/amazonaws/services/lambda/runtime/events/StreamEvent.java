package com.amazonaws.services.lambda.runtime.events;

import java.nio.ByteBuffer;
import java.util.Date;
import java.util.List;

/** An event in the manner of AWS's library, whose names are not those of its JSON, and whose classes have no bare constructor. */
public class StreamEvent {
    private List<Record> records;

    public List<Record> getRecords() {
        return records;
    }

    public void setRecords(List<Record> records) {
        this.records = records;
    }

    public static class Record {
        private final String eventSourceArn;
        private final Date arrival;
        private ByteBuffer data;
        private Boolean bOOL;

        public Record(String eventSourceArn, Date arrival) {
            this.eventSourceArn = eventSourceArn;
            this.arrival = arrival;
        }

        public String getEventSourceArn() {
            return eventSourceArn;
        }

        public Date getArrival() {
            return arrival;
        }

        public ByteBuffer getData() {
            return data;
        }

        public void setData(ByteBuffer data) {
            this.data = data;
        }

        public Boolean getBOOL() {
            return bOOL;
        }

        public void setBOOL(Boolean bOOL) {
            this.bOOL = bOOL;
        }
    }
}
