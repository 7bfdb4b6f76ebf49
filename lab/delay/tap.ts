import type { Command } from '../run.ts'

/**
 * Opens both virtual cards and becomes the delay line with them. Node cannot ask the kernel for one (an ioctl on /dev/net/tun), perl can,
 * and Debian is never without it. 0x400454ca is TUNSETIFF, 0x1002 whole Ethernet frames without a header.
 */
const opener = `
  $^F = 255;
  my ($one, $other, @line) = @ARGV;
  my @fds;
  for my $name ($one, $other) {
    open(my $tun, '+<', '/dev/net/tun') or die "/dev/net/tun: $!\\n";
    ioctl($tun, 0x400454ca, pack('a16 S x22', $name, 0x1002)) or die "$name: $!\\n";
    push @fds, $tun;
  }
  exec(@line, map { fileno($_) } @fds) or die "$line[0]: $!\\n";
`

/**
 * The command that makes two virtual cards and carries frames between them, as badly as a file says.
 * @param program the bundled line.ts
 * @param settings file with WireSettings
 */
export function lineCommand(node: string, program: string, settings: string, link: string, peer: string): Command {
  return ['perl', '-e', opener, link, peer, node, '--max-old-space-size=64', program, settings]
}
