package dev.regild.policy;

import static dev.regild.image.RefusedException.Reason.NOT_FOUND;

import dev.regild.image.Owner;
import dev.regild.image.RefusedException;
import java.util.List;
import java.util.Optional;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.mapper.RowMapper;
import org.jdbi.v3.core.statement.Query;

/**
 * Rows of a table that belong to an owner, each with a name that is unique for it. Each call takes
 * the caller's handle.
 *
 * @param select the query up to its conditions
 * @param missing says that there is no such row, with the name and the owner: {@code The line %s of
 *     %s does not exist. …}
 */
public record OwnedRows<T>(String select, RowMapper<T> mapper, String missing) {
  private static final String OF_OWNER = " WHERE account_id = :account AND region = :region";

  /** Returns the owner's row of that name. */
  public Optional<T> find(Handle handle, Owner owner, String name) {
    return of(handle, owner, " AND name = :name").bind("name", name).map(mapper).findOne();
  }

  /**
   * Returns the owner's row of that name.
   *
   * @throws RefusedException NOT_FOUND if there is none
   */
  public T require(Handle handle, Owner owner, String name) {
    return find(handle, owner, name)
        .orElseThrow(() -> new RefusedException(NOT_FOUND, missing.formatted(name, owner)));
  }

  /** Returns an owner's rows, by name. */
  public List<T> list(Handle handle, Owner owner) {
    return of(handle, owner, " ORDER BY name").map(mapper).list();
  }

  private Query of(Handle handle, Owner owner, String rest) {
    return handle
        .createQuery(select + OF_OWNER + rest)
        .bind("account", owner.accountId())
        .bind("region", owner.region());
  }
}
