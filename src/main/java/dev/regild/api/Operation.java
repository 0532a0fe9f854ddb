package dev.regild.api;

import dev.regild.image.Owner;

/**
 * One operation of the protocol, under the name of its class.
 *
 * @param <I> its request: a record whose components are named as the service model has them
 */
public interface Operation<I> {
  /** The name in the header {@code X-Amz-Target}; the service model has to know it. */
  default String name() {
    return getClass().getSimpleName();
  }

  /** Whether the request changes anything; keys that may only look are refused if so. */
  default boolean changes(I request) {
    return true;
  }

  /**
   * Does it.
   *
   * @param caller its account is active
   * @param request satisfies every constraint of the service model
   * @return the response's record
   * @throws ApiException if it is refused; refusals of the rooms below may be thrown as they are
   */
  Object answer(Owner caller, I request);

  /** The same for an operation that keeps which access key asked. */
  default Object answer(Caller caller, I request) {
    return answer(caller.owner(), request);
  }

  /** One that only looks. */
  interface ReadOnly<I> extends Operation<I> {
    @Override
    default boolean changes(I request) {
      return false;
    }
  }
}
