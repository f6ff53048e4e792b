import java.math.BigDecimal;
import java.sql.Date;
import java.time.Instant;
import java.time.LocalDate;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.TreeMap;
import org.apache.kudu.ColumnSchema;
import org.apache.kudu.ColumnTypeAttributes;
import org.apache.kudu.Schema;
import org.apache.kudu.Type;
import org.apache.kudu.client.AsyncKuduClient.EncryptionPolicy;
import org.apache.kudu.client.CreateTableOptions;
import org.apache.kudu.client.KuduClient;
import org.apache.kudu.client.KuduScanner;
import org.apache.kudu.client.KuduSession;
import org.apache.kudu.client.KuduTable;
import org.apache.kudu.client.Operation;
import org.apache.kudu.client.OperationResponse;
import org.apache.kudu.client.RowResult;
import org.apache.kudu.client.SessionConfiguration.FlushMode;

/**
 * Kudu's Java client, put to work by the interoperability tests.
 *
 * <pre>
 *   Client list ENCRYPTION MASTER         prints the cluster's id, its leader and its tables
 *   Client fill ENCRYPTION MASTER TABLE   creates a table of all types, writes to it, prints its rows
 *   Client drop ENCRYPTION MASTER TABLE   drops it
 * </pre>
 *
 * ENCRYPTION is OPTIONAL, REQUIRED_REMOTE or REQUIRED. Any surprise ends the program with status 1.
 */
public final class Client {
    private static final int ROWS = 2000;
    private static final int TABLETS = 4;
    /** Small enough for several answers from each tablet; each has 100 rows or more all the same. */
    private static final int SCAN_BATCH_BYTES = 4096;

    public static void main(String[] args) throws Exception {
        try (KuduClient client =
                new KuduClient.KuduClientBuilder(args[2])
                        .encryptionPolicy(EncryptionPolicy.valueOf(args[1]))
                        .defaultAdminOperationTimeoutMs(30_000)
                        .defaultOperationTimeoutMs(30_000)
                        .build()) {
            switch (args[0]) {
                case "list" -> list(client);
                case "fill" -> fill(client, args[3]);
                case "drop" -> drop(client, args[3]);
                default -> throw new IllegalArgumentException("no command " + args[0]);
            }
        }
    }

    private static void list(KuduClient client) throws Exception {
        List<String> tables = client.getTablesList().getTablesList();
        System.out.println("leader " + client.findLeaderMasterServer());
        System.out.println("cluster " + client.getClusterId());
        System.out.println("servers " + client.listTabletServers().getTabletServersCount());
        tables.forEach(table -> System.out.println("table " + table));
    }

    private static void drop(KuduClient client, String name) throws Exception {
        client.deleteTable(name);
        check(!client.tableExists(name), name + " is still there");
    }

    private static void fill(KuduClient client, String name) throws Exception {
        CreateTableOptions options = new CreateTableOptions().setNumReplicas(1);
        client.createTable(name, schema(), options.addHashPartitions(List.of("key"), TABLETS));
        check(client.tableExists(name), name + " is not there");
        KuduTable table = client.openTable(name);

        // What the table has to hold, by key: for each row the number its values were made from.
        TreeMap<Integer, Integer> expected = new TreeMap<>();
        KuduSession session = client.newSession();
        session.setFlushMode(FlushMode.MANUAL_FLUSH);
        session.setMutationBufferSpace(2 * ROWS);
        for (int key = 0; key < ROWS; key++) {
            apply(session, set(table.newInsert(), key, key), expected, key, key);
        }
        flush(session);
        for (int key = 0; key < ROWS; key += 5) {
            apply(session, set(table.newUpdate(), key, -key), expected, key, -key);
        }
        // Half of them are new.
        for (int key = ROWS - 10; key < ROWS + 10; key++) {
            apply(session, set(table.newUpsert(), key, key * 7), expected, key, key * 7);
        }
        for (int key = 3; key < ROWS; key += 10) {
            Operation delete = table.newDelete();
            delete.getRow().addInt("key", key);
            apply(session, delete, expected, key, null);
        }
        flush(session);
        session.close();

        TreeMap<Integer, String> found = scan(client, table);
        check(found.keySet().equals(expected.keySet()), "other keys: " + found.keySet());
        found.forEach(
                (key, row) -> {
                    int number = expected.get(key);
                    String wanted = show(table.getSchema(), column -> value(column, key, number));
                    check(row.equals(wanted), row + " is not " + wanted);
                    System.out.println(row);
                });
    }

    /** A key, and a column that may be NULL for each type that there is, and each size of decimals. */
    private static Schema schema() {
        List<ColumnSchema> columns = new ArrayList<>();
        columns.add(new ColumnSchema.ColumnSchemaBuilder("key", Type.INT32).key(true).build());
        for (Type type : Type.values()) {
            switch (type) {
                case DECIMAL -> {
                    for (int precision : new int[] {9, 18, 38}) {
                        columns.add(column("decimal" + precision, type, decimal(precision)));
                    }
                }
                case VARCHAR -> columns.add(column("varchar", type, varchar(20)));
                default -> columns.add(column(type.getName(), type, null));
            }
        }
        return new Schema(columns);
    }

    private static ColumnSchema column(String name, Type type, ColumnTypeAttributes attributes) {
        ColumnSchema.ColumnSchemaBuilder column = new ColumnSchema.ColumnSchemaBuilder(name, type);
        return column.nullable(true).typeAttributes(attributes).build();
    }

    private static ColumnTypeAttributes decimal(int precision) {
        return new ColumnTypeAttributes.ColumnTypeAttributesBuilder().precision(precision).scale(2).build();
    }

    private static ColumnTypeAttributes varchar(int length) {
        return new ColumnTypeAttributes.ColumnTypeAttributesBuilder().length(length).build();
    }

    /** What a column holds in the row of a key, made from a number. Which are NULL differs from row to row. */
    private static Object value(ColumnSchema column, int key, int number) {
        if (column.getName().equals("key")) {
            return key;
        }
        if ((column.getName().hashCode() + number) % 4 == 0) {
            return null;
        }
        return switch (column.getType()) {
            case INT8 -> (byte) number;
            case INT16 -> (short) (number * 100);
            case INT32 -> number * 1_000_000;
            case INT64 -> number * 1_000_000_000_000L;
            case BINARY -> new byte[] {(byte) number, 0, 'x', (byte) 0xff};
            case STRING -> "Zeile " + number + " \u00e4\u20ac".repeat(Math.abs(number) % 5);
            case BOOL -> number % 3 == 0;
            case FLOAT -> number / 4f;
            case DOUBLE -> number / 1024d;
            case UNIXTIME_MICROS -> number * 86_400_000_001L;
            case DECIMAL -> decimalValue(number, column.getTypeAttributes().getPrecision());
            case VARCHAR -> "v" + number;
            case DATE -> Date.valueOf(LocalDate.ofEpochDay(number));
            default -> throw new IllegalStateException("no value for " + column.getType());
        };
    }

    /** Near the end of what the precision allows, where it takes the most bytes. */
    private static BigDecimal decimalValue(int number, int precision) {
        BigDecimal largest = BigDecimal.TEN.pow(precision - 2);
        BigDecimal small = new BigDecimal(number).movePointLeft(2);
        return number < 0 ? small.subtract(largest).add(BigDecimal.TEN.pow(6)) : small;
    }

    private static Operation set(Operation operation, int key, int number) {
        for (ColumnSchema column : operation.getTable().getSchema().getColumns()) {
            operation.getRow().addObject(column.getName(), value(column, key, number));
        }
        return operation;
    }

    private static void apply(
            KuduSession session,
            Operation operation,
            TreeMap<Integer, Integer> expected,
            int key,
            Integer number)
            throws Exception {
        session.apply(operation);
        if (number == null) {
            expected.remove(key);
        } else {
            expected.put(key, number);
        }
    }

    private static void flush(KuduSession session) throws Exception {
        for (OperationResponse response : session.flush()) {
            check(!response.hasRowError(), String.valueOf(response.getRowError()));
        }
    }

    private static TreeMap<Integer, String> scan(KuduClient client, KuduTable table) throws Exception {
        TreeMap<Integer, String> rows = new TreeMap<>();
        KuduScanner scanner = client.newScannerBuilder(table).batchSizeBytes(SCAN_BATCH_BYTES).build();
        int answers = 0;
        while (scanner.hasMoreRows()) {
            answers++;
            for (RowResult row : scanner.nextRows()) {
                String shown = show(table.getSchema(), column -> read(row, column));
                check(rows.put(row.getInt("key"), shown) == null, "twice: " + shown);
            }
        }
        scanner.close();
        check(answers > 3 * TABLETS, "only " + answers + " answers");
        return rows;
    }

    private static Object read(RowResult row, ColumnSchema column) {
        if (row.isNull(column.getName())) {
            return null;
        }
        return switch (column.getType()) {
            case BINARY -> row.getBinaryCopy(column.getName());
            case UNIXTIME_MICROS -> row.getLong(column.getName());
            default -> row.getObject(column.getName());
        };
    }

    private interface Values {
        Object of(ColumnSchema column);
    }

    /** A row as Kudu's own tool prints it. */
    private static String show(Schema schema, Values values) {
        List<String> cells = new ArrayList<>();
        for (ColumnSchema column : schema.getColumns()) {
            Object value = values.of(column);
            String name = column.getType().getName() + " " + column.getName();
            cells.add(name + "=" + (value == null ? "NULL" : show(column, value)));
        }
        return "(" + String.join(", ", cells) + ")";
    }

    private static String show(ColumnSchema column, Object value) {
        return switch (column.getType()) {
            case BINARY -> quoted((byte[]) value);
            case STRING, VARCHAR -> '"' + (String) value + '"';
            case UNIXTIME_MICROS -> time((Long) value);
            case FLOAT, DOUBLE -> new BigDecimal(((Number) value).doubleValue()).toPlainString();
            case DECIMAL -> ((BigDecimal) value).unscaledValue() + "_D" + column.getTypeSize() * 8;
            default -> value.toString();
        };
    }

    /** As C escapes bytes. */
    private static String quoted(byte[] bytes) {
        StringBuilder text = new StringBuilder("\"");
        for (byte b : bytes) {
            text.append(
                    switch (b) {
                        case '\n' -> "\\n";
                        case '\r' -> "\\r";
                        case '\t' -> "\\t";
                        case '"', '\'', '\\' -> "\\" + (char) b;
                        default ->
                            b >= 0x20 && b < 0x7f ? Character.toString(b) : String.format("\\x%02x", b);
                    });
        }
        return text.append('"').toString();
    }

    private static String time(long micros) {
        Instant instant = Instant.EPOCH.plus(micros, ChronoUnit.MICROS);
        return DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSSSSS'Z'", Locale.ROOT)
                .withZone(java.time.ZoneOffset.UTC)
                .format(instant);
    }

    private static void check(boolean holds, String otherwise) {
        if (!holds) {
            throw new IllegalStateException(otherwise);
        }
    }
}
