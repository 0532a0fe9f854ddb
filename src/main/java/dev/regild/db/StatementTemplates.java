package dev.regild.db;

import java.util.Optional;
import java.util.function.Function;
import org.jdbi.v3.core.config.ConfigRegistry;
import org.jdbi.v3.core.statement.DefinedAttributeTemplateEngine;
import org.jdbi.v3.core.statement.StatementContext;
import org.jdbi.v3.core.statement.TemplateEngine;

/**
 * Fills in lists such as {@code <ids>} as {@link DefinedAttributeTemplateEngine} does, whose
 * generated lexer is asked only about statements that may have one, for the reason that {@link
 * StatementParser} names.
 */
final class StatementTemplates implements TemplateEngine.Parsing {
  private final TemplateEngine.Parsing lists = new DefinedAttributeTemplateEngine();

  @Override
  public Optional<Function<StatementContext, String>> parse(
      String template, ConfigRegistry config) {
    return template.indexOf('<') < 0 && template.indexOf('\\') < 0
        ? Optional.of(_ -> template)
        : lists.parse(template, config);
  }
}
