# Makes system calls by number, each in a process of its own, and says what became of it.
#
# Arguments: calls as "NUMBER:ARGUMENT:...", in decimal. Prints a line for each, "NUMBER WHAT", where
# WHAT is the number of the error, "ok", or "served" for a call that blocked or ended the process: the
# kernel began to serve it. Perl without any module, as every Debian has it.

$| = 1;
for my $call (@ARGV) {
  my ($number, @arguments) = map { $_ + 0 } split /:/, $call;
  pipe(my $answer, my $answering) or die "pipe: $!";
  my $child = fork // die "fork: $!";
  if ($child == 0) {
    close STDOUT;
    my $result = syscall($number, @arguments);
    syswrite($answering, $result == -1 ? $! + 0 : "ok");
    kill 9, $$;
  }
  close $answering;
  my $ready = '';
  vec($ready, fileno($answer), 1) = 1;
  my $said = '';
  sysread($answer, $said, 10) if select($ready, undef, undef, 0.3);
  kill 9, $child;
  waitpid($child, 0);
  print "$number ", ($said eq '' ? "served" : $said), "\n";
}
