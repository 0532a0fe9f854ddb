package dev.regild.console.openid;

/**
 * What the members of a group may do.
 *
 * @param group as the provider names it
 * @param account the id of the account that they work in
 * @param readOnly whether they may only look
 */
public record Grant(String group, String account, boolean readOnly) {}
