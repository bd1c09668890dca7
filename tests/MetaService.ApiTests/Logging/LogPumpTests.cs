using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using MetaService.Server.Logging;
using Microsoft.Extensions.Time.Testing;

namespace MetaService.ApiTests.Logging;

/// <summary>The writer of the log: whole lines, bounded memory, and nobody held up for long.</summary>
public sealed class LogPumpTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task Lines_of_many_threads_come_out_whole_and_in_the_order_of_each_thread()
    {
        const int Threads = 4;
        const int Lines = 5000;
        var output = new Output();
        using (var pump = new LogPump(output, TimeProvider.System))
        {
            await Task.WhenAll(Enumerable.Range(0, Threads).Select(thread => Task.Run(() =>
            {
                for (var line = 0; line < Lines; line++)
                {
                    pump.Write(Line($"{thread} {line} {new string('x', line % 300)}"));
                }
            })));
        }

        var written = output.Lines.Select(l => l.Split(' ')).ToList();
        written.Should().HaveCount(Threads * Lines);
        written.Should().OnlyContain(l => l.Length == 3 && l[2].Length == int.Parse(l[1], CultureInfo.InvariantCulture) % 300);
        foreach (var thread in written.GroupBy(l => l[0]))
        {
            thread.Select(l => int.Parse(l[1], CultureInfo.InvariantCulture)).Should().Equal(Enumerable.Range(0, Lines));
        }
    }

    [Fact]
    public async Task A_line_is_written_at_once_while_there_is_nothing_else_to_write()
    {
        var output = new Output();
        using var pump = new LogPump(output, TimeProvider.System);
        for (var line = 0; line < 3; line++)
        {
            pump.Write(Line($"{line}"));
            (await output.NextAsync()).Should().Be($"{line}\n");
        }
    }

    [Fact]
    public void A_line_longer_than_a_chunk_is_written_whole()
    {
        var output = new Output();
        var line = new string('x', LogPump.ChunkBytes * 2);
        using (var pump = new LogPump(output, TimeProvider.System))
        {
            pump.Write(Line("before"));
            pump.Write(Line(line));
            pump.Write(Line("after"));
        }

        output.Lines.Should().Equal("before", line, "after");
    }

    [Fact]
    public async Task Who_appends_waits_for_a_slow_reader_and_no_line_is_lost()
    {
        const int Lines = 200;
        var output = new Output { IsBlocked = true };
        using (var pump = new LogPump(output, new FakeTimeProvider()))
        {
            var text = new string('x', LogPump.ChunkBytes / 2);
            var appended = 0;
            var appending = Task.Run(() =>
            {
                for (; appended < Lines; appended++)
                {
                    pump.Write(Line($"{appended}{text}"));
                }
            });
            await output.Entered.WaitAsync(Patience);
            appending.IsCompleted.Should().BeFalse("a log of this length does not fit");
            output.Unblock();
            await appending.WaitAsync(Patience);
        }

        output.Lines.Should().HaveCount(Lines);
    }

    [Fact]
    public async Task Lines_for_a_log_that_nobody_reads_are_dropped_and_counted()
    {
        const int Lines = 100;
        var time = new FakeTimeProvider();
        var output = new Output { IsBlocked = true };
        using (var pump = new LogPump(output, time))
        {
            pump.Write(Line("{}"));
            await output.Entered.WaitAsync(Patience);
            time.Advance(LogPump.Patience);
            var text = new string('x', LogPump.ChunkBytes / 2);
            for (var line = 0; line < Lines; line++)
            {
                pump.Write(Line($$"""{"x":"{{text}}"}"""));
            }

            pump.Dropped.Should().BeInRange(Lines - (LogPump.MaxChunks * 2), Lines - LogPump.MaxChunks + 2);
            output.Unblock();
        }

        var written = output.Lines.Select(l => JsonNode.Parse(l)!.AsObject()).ToList();
        var told = written.Sum(l => (int?)l["Dropped"] ?? 0);
        told.Should().BePositive();
        (written.Count(l => !l.ContainsKey("Dropped")) + told).Should().Be(Lines + 1, "each line is either there or counted");
    }

    [Fact]
    public void A_reader_that_has_gone_ends_nothing()
    {
        using var pump = new LogPump(new Output { IsBroken = true }, TimeProvider.System);
        var write = () => pump.Write(Line("x"));
        write.Should().NotThrow();
    }

    private static byte[] Line(string text) => Encoding.UTF8.GetBytes(text + "\n");

    /// <summary>Keeps what is written, as fast as it may.</summary>
    private sealed class Output : MemoryStream
    {
        private readonly TaskCompletionSource _entered = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly ManualResetEventSlim _open = new(true);
        private readonly BlockingCollection<string> _writes = [];

        public bool IsBlocked
        {
            init => _open = new ManualResetEventSlim(!value);
        }

        public bool IsBroken { get; init; }

        /// <summary>Done when something is written for the first time.</summary>
        public Task Entered => _entered.Task;

        public IEnumerable<string> Lines => Encoding.UTF8.GetString(ToArray()).Split('\n')[..^1];

        public void Unblock() => _open.Set();

        public Task<string> NextAsync() => Task.Run(() =>
            _writes.TryTake(out var text, Patience) ? text : throw new TimeoutException("nothing was written"));

        public override void Write(byte[] buffer, int offset, int count)
        {
            _entered.TrySetResult();
            _open.Wait();
            if (IsBroken)
            {
                throw new IOException("Broken pipe");
            }

            base.Write(buffer, offset, count);
            _writes.Add(Encoding.UTF8.GetString(buffer, offset, count));
        }
    }
}
