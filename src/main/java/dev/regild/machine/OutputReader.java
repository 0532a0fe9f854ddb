package dev.regild.machine;

import java.io.IOException;
import java.io.InputStream;
import org.jspecify.annotations.Nullable;

/** Reads a program's standard output in a thread of its own, and keeps what went wrong. */
abstract sealed class OutputReader permits OutputText, OutputLines {
  private volatile @Nullable Throwable failure;

  final void drain(RunningProgram program) {
    try {
      read(program.output());
    } catch (IOException closedByTheProgramsEnd) {
      // What came until then is what there is.
    } catch (ProgramException | RuntimeException | Error e) {
      failure = e;
      program.close();
    }
  }

  final void rethrow(String program) throws ProgramException {
    switch (failure) {
      case null -> {}
      case RuntimeException e -> throw e;
      case Error e -> throw e;
      case Throwable e -> throw new ProgramException(program + " " + e.getMessage(), e);
    }
  }

  abstract void read(InputStream stream) throws IOException, ProgramException;
}
