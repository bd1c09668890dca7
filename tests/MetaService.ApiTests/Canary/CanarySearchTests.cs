using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Diagnostics.Tracing;
using System.Text;
using Google.Protobuf;
using MetaService.Keys;
using MetaService.Records.Own;
using MetaService.Storage;
using MetaService.Storage.RocksDb;

namespace MetaService.ApiTests.Canary;

/// <summary>The search finds what it is to find: a canary in each channel and in each form.</summary>
public sealed class CanarySearchTests
{
    private readonly CanaryBook _book = new();
    private readonly CanaryWatch _watch;

    public CanarySearchTests() => _watch = new CanaryWatch(_book);

    [Fact]
    public void A_canary_is_found_in_each_form_and_known_by_its_number()
    {
        var secret = _book.New(CanaryKind.Secret, "here");
        var bytes = Encoding.UTF8.GetBytes(secret);
        string[] forms =
        [
            secret, secret.ToLowerInvariant(), secret.ToUpperInvariant(), $"x{secret}x", Uri.EscapeDataString(secret),
            Convert.ToHexString(bytes), Convert.ToHexStringLower(bytes), string.Concat(bytes.Select(b => $"\\x{b:X2}")),
            string.Concat(bytes.Select(b => $"%{b:x2}")), string.Concat(bytes.Select(b => $"\\u{(int)b:X4}")),
            Encoding.Latin1.GetString(Encoding.Unicode.GetBytes(secret)),
            Encoding.Latin1.GetString(Encoding.BigEndianUnicode.GetBytes(secret)),
        ];
        foreach (var form in forms)
        {
            new CanarySearch(_book).In($"before {form} after").Should().ContainSingle(form).Which.Canary!.Place.Should().Be("here", form);
        }

        for (var offset = 0; offset < 6; offset++)
        {
            var text = Convert.ToBase64String(Encoding.UTF8.GetBytes($"{new string('u', offset)}{secret}:x"));
            new CanarySearch(_book).In(text).Should().ContainSingle(text);
        }

        var number = _book.NewNumber(CanaryKind.Secret, "a number");
        new CanarySearch(_book).In($"{{\"ak\": {number}}}").Should().ContainSingle().Which.Canary!.Place.Should().Be("a number");
        new CanarySearch(_book).In(secret[1..] + new CanaryBook().New(CanaryKind.Secret, "of another run")).Should().BeEmpty();
    }

    [Theory]
    [InlineData(CanaryKind.Token)]
    [InlineData(CanaryKind.Secret)]
    [InlineData(CanaryKind.Conf)]
    [InlineData(CanaryKind.Pasted)]
    [InlineData(CanaryKind.UnknownField)]
    public void A_secret_is_a_leak_in_each_channel_but_those_that_are_there_for_it(CanaryKind kind)
    {
        var allowed = kind switch
        {
            CanaryKind.Secret => new[] { CanaryChannel.ShownSecrets },
            CanaryKind.Conf or CanaryKind.UnknownField => [CanaryChannel.ShownSecrets, CanaryChannel.Data],
            _ => [],
        };
        foreach (var channel in Enum.GetValues<CanaryChannel>())
        {
            var watch = new CanaryWatch(_book);
            watch.See(channel, "somewhere", $"... {_book.New(kind, "a field")} ...");
            (watch.Leaks.Count == 0).Should().Be(allowed.Contains(channel), $"{kind} in {channel}");
        }
    }

    [Fact]
    public void The_log_may_name_an_instance_in_its_property_and_nowhere_else()
    {
        var id = _book.New(CanaryKind.InstanceId, "instance_id");
        _watch.SeeLog($$"""{"@m":"get_instance {{id}}","InstanceId":"{{id}}"}""");
        _watch.Leaks.Should().BeEmpty();
        _watch.SeeLog($$"""{"@m":"{{id}}","Path":"{{id}}"}""");
        _watch.SeeLog($$"""{"@m":"x","InstanceId":"{{_book.New(CanaryKind.Secret, "ak")}}"}""");
        _watch.SeeLog("Unhandled exception. " + id);
        _watch.Leaks.Should().HaveCount(3);
    }

    [Fact]
    public void Emissions_of_a_process_are_written_down_with_their_texts()
    {
        var secrets = Enumerable.Range(0, 7).Select(_ => _book.New(CanaryKind.Secret, "emitted")).ToArray();
        using var emissions = new Emissions();
        using var meter = new Meter("canary");
        using var source = new ActivitySource("canary");
        using var events = new EventSource("canary");
        meter.CreateCounter<long>("c").Add(1, new KeyValuePair<string, object?>("key", secrets[0]));
        events.Write("e", new EventSourceOptions { Level = EventLevel.Informational }, new { Text = secrets[6] });
        using (var activity = source.StartActivity("a")!)
        {
            activity.SetTag("tag", secrets[1]).SetBaggage("b", secrets[2])
                .AddEvent(new ActivityEvent("e", tags: new() { ["x"] = secrets[3] }));
            activity.DisplayName = secrets[4];
        }

        try
        {
            throw new InvalidOperationException("planted", new FormatException(secrets[5]));
        }
        catch (InvalidOperationException)
        {
            // Seen by whoever listens to exceptions, caught or not.
        }

        var found = emissions.Lines.SelectMany(line => new CanarySearch(_book).In(line)).Select(hit => hit.Canary!.Text);
        found.Distinct().Should().BeEquivalentTo(secrets);
    }

    [Fact]
    public async Task Canaries_in_files_and_in_the_store_are_found()
    {
        using var data = new TemporaryDirectory();
        var (entry, value, key) = (
            _book.New(CanaryKind.Secret, "an audit entry"), _book.New(CanaryKind.Secret, "a value"), _book.New(CanaryKind.Secret, "a key"));
        var directory = Path.Combine(data.Path, "data");
        await using (var store = RocksDbKvStore.Open(new RocksDbKvStoreOptions { Directory = directory }, TimeProvider.System))
        {
            using var transaction = store.BeginTransaction();
            transaction.Set(KeySpace.Audit.Encode("", default(Versionstamp)), new AuditEntryPB { Who = entry }.ToByteArray());
            transaction.Set(Key.Instance(key).Bytes, Encoding.UTF8.GetBytes(value));
            (await transaction.CommitAsync()).IsCommitted.Should().BeTrue();
        }

        CanaryFiles.SearchFiles(_watch, directory);
        _watch.Leaks.Should().Contain(leak => leak.Contains("Data .log: Secret of a value", StringComparison.Ordinal));
        await CanaryFiles.SearchStoreAsync(_watch, directory);
        _watch.Leaks.Should().Contain(leak => leak.Contains("Audit AuditKey: Secret of an audit entry", StringComparison.Ordinal))
            .And.Contain(leak => leak.Contains("Data InstanceKey: Secret of a value", StringComparison.Ordinal))
            .And.Contain(leak => leak.Contains("Data InstanceKey: Secret of a key", StringComparison.Ordinal));
    }
}
