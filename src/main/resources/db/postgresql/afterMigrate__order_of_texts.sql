-- Texts are compared by code point, as SQLite does, whatever locale the cluster was made with: the
-- order of pages and their cursors rest on it. Runs after each migration; a column that has the
-- collation stays untouched.
DO $$
DECLARE
  plain record;
BEGIN
  FOR plain IN
    SELECT attribute.attrelid::regclass AS table_name, attribute.attname AS column_name
      FROM pg_attribute AS attribute
           JOIN pg_class AS class ON class.oid = attribute.attrelid
           JOIN pg_collation ON pg_collation.oid = attribute.attcollation
     WHERE class.relnamespace = current_schema()::regnamespace
       AND class.relkind = 'r'
       AND class.relname <> 'flyway_schema_history'
       AND attribute.attnum > 0
       AND NOT attribute.attisdropped
       AND pg_collation.collname <> 'C'
     ORDER BY class.relname, attribute.attnum
  LOOP
    EXECUTE format(
      'ALTER TABLE %s ALTER COLUMN %I TYPE text COLLATE "C"',
      plain.table_name, plain.column_name);
  END LOOP;
END
$$;
