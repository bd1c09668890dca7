using System.Collections.Concurrent;
using System.Text;
using System.Text.Json.Nodes;

namespace MetaService.ApiTests.Canary;

/// <summary>Where something comes out of a server.</summary>
public enum CanaryChannel
{
    /// <summary>Standard output and error of the server.</summary>
    Log,

    /// <summary>Meters, instruments and their tags.</summary>
    Metric,

    /// <summary>Activities with their tags, events and baggage.</summary>
    Trace,

    /// <summary>Event sources of the runtime and of ASP.NET.</summary>
    Event,

    /// <summary>Texts of exceptions when they are thrown, whoever catches them.</summary>
    Exception,

    /// <summary>Replies, but for those below: every failure, and all that callers without the scope <c>secrets</c> are told.</summary>
    Reply,

    /// <summary>What is shown to callers with the scope <c>secrets</c> by calls that are there for it.</summary>
    ShownSecrets,

    /// <summary>Audit entries, as they are shown and as they are stored.</summary>
    Audit,

    /// <summary>Files of the data directory, and the keys and values in the store.</summary>
    Data,

    /// <summary>What commands print.</summary>
    Command,
}

/// <summary>The one table of what may turn up where.</summary>
public static class CanaryRules
{
    /// <summary>Whether a canary may be in a channel.</summary>
    public static bool Allow(CanaryKind kind, CanaryChannel channel) => kind switch
    {
        CanaryKind.Secret => channel is CanaryChannel.ShownSecrets,
        CanaryKind.Conf or CanaryKind.UnknownField => channel is CanaryChannel.ShownSecrets or CanaryChannel.Data,
        CanaryKind.Name or CanaryKind.InstanceId => channel is CanaryChannel.Reply or CanaryChannel.ShownSecrets
            or CanaryChannel.Audit or CanaryChannel.Data or CanaryChannel.Command or CanaryChannel.Exception,
        CanaryKind.Path => channel is CanaryChannel.Event,
        _ => false,
    };
}

/// <summary>Searches all that comes out, and keeps what should not have been there. Thread-safe.</summary>
public sealed class CanaryWatch(CanaryBook book)
{
    private readonly CanarySearch _search = new(book);
    private readonly ConcurrentDictionary<string, int> _leaks = new();
    private readonly ConcurrentDictionary<CanaryChannel, long> _bytes = new();
    private readonly ConcurrentDictionary<(CanaryKind, CanaryChannel, string Where), bool> _seen = new();

    /// <summary>What should not have been there, and how often.</summary>
    public IReadOnlyCollection<string> Leaks => [.. _leaks.Select(leak => $"{leak.Value} times {leak.Key}").Order()];

    /// <summary>Bytes searched so far.</summary>
    public IReadOnlyDictionary<CanaryChannel, long> Bytes => _bytes;

    /// <summary>Where canaries of a kind were found that may be there.</summary>
    public IReadOnlySet<string> Seen(CanaryKind kind, CanaryChannel channel) =>
        _seen.Keys.Where(s => s.Item1 == kind && s.Item2 == channel).Select(s => s.Where).ToHashSet();

    /// <summary>Fails when anything was where it should not have been.</summary>
    public void ShouldBeSilent() => string.Join('\n', Leaks.Take(20)).Should().BeEmpty($"{Leaks.Count} leaks");

    public void See(CanaryChannel channel, string where, string text) => See(channel, where, Encoding.UTF8.GetBytes(text));

    public void See(CanaryChannel channel, string where, byte[] bytes) => See(channel, where, bytes, _ => false);

    /// <summary>The same for what is written in pieces: a canary of which no number is left must be searched for elsewhere.</summary>
    public void SeePieces(CanaryChannel channel, string where, byte[] bytes) => See(channel, where, bytes, canary => canary is null);

    /// <summary>A line of the log, which may name the instance in a property of its own.</summary>
    public void SeeLog(string line) => See(
        CanaryChannel.Log,
        "the log",
        Encoding.UTF8.GetBytes(line),
        canary => canary?.Kind == CanaryKind.InstanceId &&
            InstanceOf(line)?.Contains(canary.Text, StringComparison.Ordinal) == true);

    private void See(CanaryChannel channel, string where, byte[] bytes, Func<Canary?, bool> isException)
    {
        _bytes.AddOrUpdate(channel, bytes.Length, (_, sum) => sum + bytes.Length);
        foreach (var hit in _search.In(bytes))
        {
            if (hit.Canary is { } canary && (CanaryRules.Allow(canary.Kind, channel) || isException(canary)))
            {
                _seen[(canary.Kind, channel, where)] = true;
            }
            else if (hit.Canary is not null || !isException(null))
            {
                var what = hit.Canary is null ? "unknown canary" : $"{hit.Canary.Kind} of {hit.Canary.Place}";
                _leaks.AddOrUpdate($"{channel} {where}: {what} as {hit.Form} in: {hit.Around}", 1, (_, count) => count + 1);
            }
        }
    }

    private static string? InstanceOf(string line) =>
        line.StartsWith('{') ? (string?)JsonNode.Parse(line)!["InstanceId"] : null;
}
