using System.Reflection;
using MetaService.Storage;
using Microsoft.Extensions.Time.Testing;

namespace MetaService.UnitTests.Storage.Conformance;

/// <summary>Runs tests of the conformance suite as plain methods, on any store, also one that is expected to fail some of them.</summary>
internal static class SuiteRunner
{
    public static IReadOnlyList<string> TestNames { get; } =
        [.. Tests().Select(test => test.Name).Order(StringComparer.Ordinal)];

    /// <summary>Runs one test, all of its cases; answers the first failure, or null when all pass.</summary>
    public static async Task<Exception?> RunAsync(Func<IKvStore, IKvStore> breakIt, string testName, bool clockStands = false)
    {
        try
        {
            await RunAsync(() => new Suite(breakIt, clockStands), testName);
            return null;
        }
        catch (Exception e)
        {
            return e;
        }
    }

    /// <summary>Runs one test, all of its cases, each on a suite of its own; throws what the first failure throws.</summary>
    public static async Task RunAsync(Func<KvStoreConformance> newSuite, string testName)
    {
        var test = Tests().Single(candidate => candidate.Name == testName);
        var cases = test.GetCustomAttributes<InlineDataAttribute>().SelectMany(data => data.GetData(test)).DefaultIfEmpty([]);
        foreach (var arguments in cases)
        {
            var suite = newSuite();
            await suite.InitializeAsync();
            try
            {
                if (test.Invoke(suite, BindingFlags.DoNotWrapExceptions, null, arguments, null) is Task running)
                {
                    await running;
                }
            }
            finally
            {
                await suite.DisposeAsync();
            }
        }
    }

    // A theory is a fact too.
    private static IEnumerable<MethodInfo> Tests() =>
        typeof(KvStoreConformance).GetMethods().Where(method => method.GetCustomAttribute<FactAttribute>() is not null);

    // Nested and private, so that the test framework does not discover it as a test class of its own.
    private sealed class Suite(Func<IKvStore, IKvStore> breakIt, bool clockStands) : KvStoreConformance
    {
        private readonly FakeTimeProvider _time = new();

        protected override ValueTask<IKvStore> OpenAsync() => ValueTask.FromResult(breakIt(new InMemoryKvStore(_time)));

        protected override Task LetTimePassAsync(TimeSpan time)
        {
            if (!clockStands)
            {
                _time.Advance(time);
            }

            return Task.CompletedTask;
        }
    }
}
